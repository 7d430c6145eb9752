// A closed-loop client on raw sockets: nothing between the kernel and the clock but the search for a few bytes. It is what sees the
// first token arrive, and the load generator of last resort for latency at one connection.
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'

export interface ProbeOptions {
  readonly port: number
  /** A whole HTTP/1.1 request, sent again and again. */
  readonly request: Buffer
  readonly connections: number
  readonly durationMs: number
  /** Connections start this long after each other, so that paced streams do not march in step. */
  readonly staggerMs: number
}

export interface ProbeResult {
  readonly requests: number
  /** Answers other than 200, answers without their end, and broken sockets. */
  readonly errors: number
  readonly firstError: string | undefined
  readonly durationMs: number
  /** One for each request, in the order in which they ended. */
  readonly completeMs: readonly number[]
  /** One for each stream. */
  readonly firstTokenMs: readonly number[]
}

export async function probe(options: ProbeOptions): Promise<ProbeResult> {
  const tally = { errors: 0, firstError: undefined as string | undefined, completeMs: [] as number[], firstTokenMs: [] as number[] }
  const startedAt = performance.now()
  const endAt = startedAt + options.durationMs
  await Promise.all(Array.from({ length: options.connections }, (_, index) => runConnection(index * options.staggerMs)))
  return { ...tally, requests: tally.completeMs.length, durationMs: performance.now() - startedAt }

  async function runConnection(delayMs: number): Promise<void> {
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
    const socket = connect({ port: options.port, host: '127.0.0.1', noDelay: true })
    try {
      await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
      while (performance.now() < endAt) {
        const { completeMs, firstTokenMs, problem } = await ask(socket, options.request)
        if (problem === undefined) tally.completeMs.push(completeMs)
        else noteError(problem)
        if (firstTokenMs !== undefined) tally.firstTokenMs.push(firstTokenMs)
      }
    } catch (error) {
      noteError(String(error))
    } finally {
      socket.destroy()
    }
  }

  function noteError(problem: string): void {
    tally.errors += 1
    tally.firstError ??= problem
  }
}

interface Exchange {
  /** undefined when the answer was whole and a success. */
  readonly problem: string | undefined
  readonly completeMs: number
  readonly firstTokenMs: number | undefined
}

function ask(socket: Socket, request: Buffer): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const answer = new AnswerReader()
    const sentAt = performance.now()
    let firstTokenMs: number | undefined
    const onData = (chunk: Buffer) => {
      answer.push(chunk)
      if (firstTokenMs === undefined && answer.tokenSeen) firstTokenMs = performance.now() - sentAt
      if (!answer.ended) return
      const completeMs = performance.now() - sentAt
      socket.off('data', onData).off('close', onClose)
      resolve({ problem: answer.problem, completeMs, firstTokenMs })
    }
    const onClose = () => reject(new Error('the connection was closed'))
    // A reset is followed by its `close`.
    if (socket.listenerCount('error') === 0) socket.on('error', () => {})
    socket.on('data', onData).once('close', onClose)
    socket.write(request)
  })
}

const TOKEN = '"delta":{"content":"'
const LAST_CHUNK = '\r\n0\r\n\r\n'
const TAIL_CHARACTERS = 64

/** Knows just enough HTTP to see an answer's status, its first token and its end; the bench's own bodies hold no look-alikes. */
export class AnswerReader {
  #text = ''
  #head: string | undefined
  #bodyBytes = 0
  #contentLength: number | undefined
  #streamed = false
  tokenSeen = false
  ended = false

  push(chunk: Buffer): void {
    this.#text += chunk.toString('latin1')
    if (this.#head === undefined && !this.#readHead()) return
    else this.#bodyBytes += this.#bodyBytes === 0 ? this.#text.length : chunk.length
    if (this.#streamed && !this.tokenSeen) this.tokenSeen = this.#text.includes(TOKEN)
    this.ended = this.#contentLength === undefined ? this.#text.endsWith(LAST_CHUNK) : this.#bodyBytes >= this.#contentLength
    if (!this.#streamed || this.tokenSeen) this.#text = this.#text.slice(-TAIL_CHARACTERS)
  }

  /** What is wrong with an answer that has ended: it must be a 200, and a stream must have its first token and its `[DONE]`. */
  get problem(): string | undefined {
    if (this.#head?.startsWith('http/1.1 200 ') !== true) return `the answer was: ${this.#head?.split('\r\n')[0]}`
    if (!this.#streamed || (this.tokenSeen && this.#text.includes('data: [DONE]'))) return undefined
    return 'a stream without its first token or its [DONE]'
  }

  #readHead(): boolean {
    const end = this.#text.indexOf('\r\n\r\n')
    if (end === -1) return false
    this.#head = this.#text.slice(0, end).toLowerCase()
    this.#text = this.#text.slice(end + 4)
    this.#streamed = this.#head.includes('\r\ncontent-type: text/event-stream')
    const length = /\r\ncontent-length: *(\d+)/.exec(this.#head)?.[1]
    if (length !== undefined) this.#contentLength = Number(length)
    return true
  }
}

/** The request of all clients of the bench, with the key that only the gateway asks for. */
export function toRequestBytes(path: string, headers: Readonly<Record<string, string>>, body: Buffer): Buffer {
  const lines = Object.entries({ host: '127.0.0.1', ...headers, 'content-length': String(body.length) })
  return Buffer.concat([
    Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`),
    body,
  ])
}
