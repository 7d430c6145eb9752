import { request, type IncomingHttpHeaders } from 'node:http'

export interface Exchange {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** As the chunks of the HTTP body came. */
  readonly chunks: readonly Buffer[]
  readonly text: string
  /** Undefined when the HTTP body came whole; `aborted` when the connection was closed before, `reset` when it broke. */
  readonly broken: 'aborted' | 'reset' | undefined
}

/** One request that looks at the bytes: what came before the connection broke is kept. */
export function exchange(
  url: string,
  { method, body, headers = {} }: { method?: string; body?: unknown; headers?: Readonly<Record<string, string>> },
): Promise<Exchange> {
  let begun = false
  let isReset = false
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: method ?? (body === undefined ? 'GET' : 'POST'), agent: false, headers }, (response) => {
      const chunks: Buffer[] = []
      const finish = (broken: Exchange['broken']): void =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, chunks, text: Buffer.concat(chunks).toString(), broken })
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => finish(undefined))
      response.on('error', () => finish(isReset ? 'reset' : 'aborted'))
      begun = true
    })
    outgoing.on('error', (error) => {
      isReset = 'code' in error && error.code === 'ECONNRESET'
      // Once the answer has begun, its own error follows.
      if (!begun) reject(error)
    })
    outgoing.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body))
  })
}
