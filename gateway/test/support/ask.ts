import { request, type Agent, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'

export interface Asked {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** Where the gateway says that it was answered; '' where it says nothing. */
  readonly backend: string
  /** How many upstream calls it took, as the gateway says; 0 where it says nothing. */
  readonly attempts: number
  /** Of an error body; '' in a good answer. */
  readonly code: string
}

export interface AskOptions {
  readonly method?: 'GET' | 'POST'
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
  /** The client's own address, any of 127.0.0.0/8. */
  readonly localAddress?: string
  /** Default: a connection of its own. */
  readonly agent?: Agent
}

export const messages = [{ role: 'user', content: 'Say something' }] as const

/** One request on plain sockets, since `fetch` can't choose the address that it comes from. */
export async function ask(url: string, options: AskOptions = {}): Promise<Asked> {
  const response = await begin(url, options)
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk)
  return toAsked(response, text)
}

/** A chat in one piece. */
export function chat(url: string, more: object = {}, options: AskOptions = {}): Promise<Asked> {
  return ask(`${url}/v1/chat/completions`, { ...options, body: { model: 'sim-chat', messages, ...more } })
}

export interface OpenStream {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly backend: string
  /** The whole text, once the gateway has ended it. Rejects when the connection breaks. */
  readonly text: Promise<string>
  /** The client goes away. */
  leave(): void
}

/** A streamed chat whose first bytes have come. */
export async function openStream(url: string, more: object = {}, options: AskOptions = {}): Promise<OpenStream> {
  const body = { model: 'sim-chat', messages, stream: true, ...more }
  const response = await begin(`${url}/v1/chat/completions`, { ...options, body })
  const { promise: begun, resolve: begins } = Promise.withResolvers<undefined>()
  const text = (async () => {
    let all = ''
    for await (const chunk of response.setEncoding('utf8')) {
      all += String(chunk)
      begins(undefined)
    }
    return all
  })()
  // Who leaves does not wait for the text; who waits for it still sees the rejection.
  text.catch(() => {})
  await Promise.race([begun, text])
  const { status, headers, backend } = toAsked(response, '')
  return { status, headers, backend, text, leave: () => response.destroy() }
}

function begin(url: string, options: AskOptions): Promise<IncomingMessage> {
  const { body, headers = {}, localAddress, agent = false } = options
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: options.method ?? (bytes === undefined ? 'GET' : 'POST'),
      agent,
      headers: bytes === undefined ? headers : { 'content-type': 'application/json', 'content-length': bytes.length, ...headers },
      ...(localAddress === undefined ? {} : { localAddress }),
    })
    outgoing.on('error', reject)
    outgoing.on('response', resolve)
    outgoing.end(bytes)
  })
}

function toAsked({ statusCode = 0, headers }: IncomingMessage, text: string): Asked {
  return {
    status: statusCode,
    headers,
    text,
    backend: String(headers['x-jairouter-backend'] ?? ''),
    attempts: Number(headers['x-jairouter-attempts'] ?? 0),
    code: statusCode >= 400 ? codeOf(text) : '',
  }
}

function codeOf(text: string): string {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || !('error' in value)) return ''
  const { error } = value
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}
