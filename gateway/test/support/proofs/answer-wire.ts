/** The model that the raw backends of the proofs have. */
export const RAW_MODEL = 'raw'

const FILLER = 'Ein Tor prüft, ein 路由 leitet, 🙂 und niemand merkt es. '

/** What a backend of the proofs answers to a question, and to no other one. */
export function answerTo(question: string): string {
  return `[${question}] ${FILLER.repeat(3)}[end of ${question}]`
}

/** What a request of the proofs asks. */
export function questionOf(body: Readonly<Record<string, unknown>>): string {
  const { messages, input } = body
  if (typeof input === 'string') return input
  const [first] = Array.isArray(messages) ? messages : []
  return isRecord(first) ? String(first['content']) : ''
}

export function chatBody(question: string, stream: boolean): object {
  return { model: RAW_MODEL, messages: [{ role: 'user', content: question }], ...(stream ? { stream } : {}) }
}

export function speechBody(question: string): object {
  return { model: RAW_MODEL, voice: 'a', input: question }
}

/** A whole chat answer. */
export function jsonBody(content: string): Buffer {
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }]
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
  return Buffer.from(JSON.stringify({ id: 'c', object: 'chat.completion', created: 1, model: RAW_MODEL, choices, usage }))
}

/** The same as events, in pieces of some characters, with `[DONE]`. */
export function streamBody(content: string, charactersPerEvent = 12): Buffer {
  const characters = [...content]
  const count = Math.ceil(characters.length / charactersPerEvent)
  const pieces = Array.from({ length: count }, (_, index) =>
    characters.slice(index * charactersPerEvent, (index + 1) * charactersPerEvent).join(''),
  )
  const events = [...pieces.map((piece) => chunk({ content: piece }, null)), chunk({}, 'stop'), '[DONE]']
  return Buffer.from(events.map((data) => `data: ${data}\n\n`).join(''))
}

function chunk(delta: object, finish: 'stop' | null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }]
  return JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: RAW_MODEL, choices })
}

export type Framing = 'content-length' | 'chunked' | 'until close'

const CHUNK_BYTES = 173

/** Head and body as they go over the wire. */
export function toWire(body: Buffer, contentType: string, framing: Framing): Buffer {
  const line = {
    'content-length': `content-length: ${body.length}\r\n`,
    chunked: 'transfer-encoding: chunked\r\n',
    'until close': 'connection: close\r\n',
  }[framing]
  const head = Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: ${contentType}\r\n${line}\r\n`)
  return Buffer.concat([head, framing === 'chunked' ? chunked(body) : body])
}

/** In chunks of a size that has nothing to do with events or characters. */
function chunked(body: Buffer): Buffer {
  const pieces: Buffer[] = []
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    const piece = body.subarray(at, at + CHUNK_BYTES)
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'))
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')])
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
