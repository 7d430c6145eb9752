import type { AnswerHeaders, ClientPort } from './client-port.ts'

/** A client whose answers nobody reads: it takes everything at once and keeps nothing. */
export class DiscardingClient implements ClientPort {
  readonly address: string
  readonly headers: ClientPort['headers']
  started = false
  written = 0
  /** Of the answer's first byte; undefined before it. */
  firstByteAt: number | undefined
  readonly #now: () => number

  constructor({ address, headers }: Pick<ClientPort, 'address' | 'headers'>, now: () => number) {
    this.address = address
    this.headers = headers
    this.#now = now
  }

  send(): void {
    this.#begin()
  }

  start(_status: number, _headers: AnswerHeaders): void {
    this.#begin()
  }

  write(piece: Buffer): undefined {
    this.written += piece.length
  }

  beat(): void {}

  end(): void {}

  cut(): void {}

  #begin(): void {
    this.started = true
    this.firstByteAt ??= this.#now()
  }
}
