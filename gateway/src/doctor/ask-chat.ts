import { request, type IncomingMessage } from 'node:http'
import { messagesOf } from './conversation.ts'
import { readAnswer, type Heard, type Mode, type Received } from './heard.ts'

export interface Asking {
  /** The gateway's. */
  readonly url: string
  readonly model: string
  readonly mode: Mode
  /** Which of the doctor's requests; no two are alike. */
  readonly number: number
  /** How long the client waits for the end of the answer. */
  readonly limitMs: number
}

/** One chat over a connection of its own, from the request to the end of the answer. Never throws. */
export async function askChat({ url, model, mode, number, limitMs }: Asking): Promise<Heard> {
  const messages = messagesOf(number)
  const body = mode === 'streamed' ? { model, messages, stream: true, stream_options: { include_usage: true } } : { model, messages }
  return readAnswer(await exchange(`${url}/v1/chat/completions`, JSON.stringify(body), limitMs), mode)
}

function exchange(url: string, body: string, limitMs: number): Promise<Received> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const outgoing = request(url, { method: 'POST', agent: false, headers })
    let response: IncomingMessage | undefined
    let text = ''
    const settle = (end: Received['end']) => {
      clearTimeout(timer)
      resolve({ status: response?.statusCode ?? 0, headers: plain(response), body: text, end })
      if (end !== 'ended') outgoing.destroy()
    }
    const timer = setTimeout(() => settle('hung'), limitMs)
    outgoing.on('error', () => settle('broken'))
    outgoing.on('response', (incoming) => {
      response = incoming
      incoming.setEncoding('utf8')
      incoming.on('data', (chunk: string) => {
        text += chunk
      })
      incoming.on('end', () => settle('ended'))
      incoming.on('error', () => settle('broken'))
    })
    outgoing.end(body)
  })
}

function plain(response: IncomingMessage | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(response?.headers ?? {}).map(([name, value]) => [name, String(value)]))
}
