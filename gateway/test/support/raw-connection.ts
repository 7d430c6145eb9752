import { connect } from 'node:net'
import { onTestFinished } from 'vitest'

/** One response, taken apart as RFC 9112 says. */
export interface RawResponse {
  readonly status: number
  /** Names in lower case, each as often as it came. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
  header(name: string): string | undefined
}

/** A connection whose bytes are the test's own. Everything read is latin1, so that a character is a byte. */
export interface RawConnection {
  send(bytes: string | Buffer): void
  /** Half of it: nothing more will be sent. */
  end(): void
  /** The text so far, once it has what `holds` looks for. Rejects when the other side closes before. */
  until(holds: (text: string) => boolean): Promise<string>
  /** All that came, once the other side has closed. A reset after an answer is a close: what was sent too much may cause it. */
  closed(): Promise<string>
  destroy(): void
}

export function openRaw(url: string): RawConnection {
  const { hostname, port } = new URL(url)
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
  const chunks: Buffer[] = []
  const watchers = new Set<() => void>()
  let over = false
  const text = () => Buffer.concat(chunks).toString('latin1')
  const wake = () => {
    for (const watcher of watchers) watcher()
  }
  const finish = () => {
    over = true
    socket.destroy()
    wake()
  }
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    wake()
  })
  socket.on('end', finish)
  socket.on('error', finish)
  socket.on('close', finish)
  onTestFinished(() => void socket.destroy())

  const wait = (holds: () => boolean) =>
    new Promise<void>((resolve, reject) => {
      const check = () => {
        if (!holds() && !over) return
        watchers.delete(check)
        if (holds()) resolve()
        else reject(new Error(`the connection was closed after ${JSON.stringify(text())}`))
      }
      watchers.add(check)
      check()
    })

  return {
    send: (bytes) => void socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
    end: () => void socket.end(),
    async until(holds) {
      await wait(() => holds(text()))
      return text()
    },
    async closed() {
      await wait(() => over)
      return text()
    },
    destroy: () => void socket.destroy(),
  }
}

/** Sends bytes on a connection of their own and gives the first response that is no 1xx. */
export async function exchangeRaw(url: string, bytes: string | Buffer): Promise<RawResponse> {
  const connection = openRaw(url)
  connection.send(bytes)
  const text = await connection.until((text) => responsesOf(text).length > 0)
  connection.destroy()
  const [response] = responsesOf(text)
  if (response === undefined) throw new Error('no response')
  return response
}

/** The whole responses in a text, 1xx left out. */
export function responsesOf(text: string): RawResponse[] {
  const responses: RawResponse[] = []
  for (let rest = text; rest !== '';) {
    const read = readResponse(rest)
    if (read === undefined) break
    if (read.response.status >= 200) responses.push(read.response)
    rest = rest.slice(read.length)
  }
  return responses
}

function readResponse(text: string): { readonly response: RawResponse; readonly length: number } | undefined {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [statusLine = '', ...lines] = text.slice(0, headEnd).split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1] ?? Number.NaN)
  if (Number.isNaN(status)) throw new Error(`not a response: ${JSON.stringify(text.slice(0, 200))}`)
  const headers = lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const)
  const header = (name: string) => headers.find(([known]) => known === name)?.[1]
  const start = headEnd + '\r\n\r\n'.length
  const read =
    header('transfer-encoding') === 'chunked' ? readChunks(text, start) : readLength(text, start, Number(header('content-length') ?? 0))
  if (status >= 200 && read === undefined) return undefined
  const { body, end } = read ?? { body: '', end: start }
  return { response: { status, headers, body, header }, length: end }
}

function readLength(text: string, start: number, length: number): { body: string; end: number } | undefined {
  return text.length < start + length ? undefined : { body: text.slice(start, start + length), end: start + length }
}

function readChunks(text: string, start: number): { body: string; end: number } | undefined {
  let body = ''
  for (let at = start; ;) {
    const lineEnd = text.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(text.slice(at, lineEnd), 16)
    const chunkEnd = lineEnd + 2 + size + 2
    if (text.length < chunkEnd) return undefined
    if (size === 0) return { body, end: chunkEnd }
    body += text.slice(lineEnd + 2, lineEnd + 2 + size)
    at = chunkEnd
  }
}
