import type { AnswerHeaders, ClientPort } from './client-port.ts'

/** What a client was sent. */
export interface CapturedAnswer {
  readonly status: number
  readonly headers: AnswerHeaders
  readonly body: Buffer
  /** It was sent in pieces. */
  readonly stream: boolean
}

/** A client that is answered as always, while a copy of its answer is kept, up to a bound. */
export class CapturedClient implements ClientPort {
  readonly #client: ClientPort
  readonly #limitBytes: number
  #head: { readonly status: number; readonly headers: AnswerHeaders; readonly stream: boolean } | undefined
  #pieces: Buffer[] = []
  #bytes = 0
  #ended = false

  constructor(client: ClientPort, limitBytes: number) {
    this.#client = client
    this.#limitBytes = limitBytes
  }

  get address(): string {
    return this.#client.address
  }

  get headers(): ClientPort['headers'] {
    return this.#client.headers
  }

  get started(): boolean {
    return this.#client.started
  }

  /** An answer in the client's own dialect is of no use to clients of others: it is not kept. */
  get native(): ClientPort | undefined {
    return this.#client.native
  }

  send(status: number, headers: AnswerHeaders, body: Buffer | string): void {
    this.#head = { status, headers: { ...headers }, stream: false }
    this.#keep(typeof body === 'string' ? Buffer.from(body) : body)
    this.#ended = true
    this.#client.send(status, headers, body)
  }

  start(status: number, headers: AnswerHeaders): void {
    this.#head = { status, headers: { ...headers }, stream: true }
    this.#client.start(status, headers)
  }

  write(piece: Buffer): Promise<void> | undefined {
    this.#keep(piece)
    return this.#client.write(piece)
  }

  beat(comment: string): void {
    this.#client.beat(comment)
  }

  get written(): number {
    return this.#client.written
  }

  end(): void {
    this.#ended = true
    this.#client.end()
  }

  cut(): void {
    this.#head = undefined
    this.#client.cut()
  }

  /** Undefined where the answer did not come to its end, or is larger than the bound. */
  answer(): CapturedAnswer | undefined {
    if (this.#head === undefined || !this.#ended || this.#bytes > this.#limitBytes) return undefined
    return { ...this.#head, body: Buffer.concat(this.#pieces) }
  }

  #keep(piece: Buffer): void {
    this.#bytes += piece.length
    if (this.#bytes <= this.#limitBytes) this.#pieces.push(piece)
    else this.#pieces = []
  }
}
