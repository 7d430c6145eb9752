import type { AnswerHeaders, ClientPort } from './client-port.ts'

/** Several calls that could answer the same client; the first to begin is the one that does. */
export class Race {
  #winner: RacedClient | undefined
  readonly #onWon: (winner: RacedClient) => void

  /** `onWon` is called once, before the first byte goes out. */
  constructor(onWon: (winner: RacedClient) => void) {
    this.#onWon = onWon
  }

  get winner(): RacedClient | undefined {
    return this.#winner
  }

  /** False when another one has begun. */
  claim(runner: RacedClient): boolean {
    if (this.#winner === undefined) {
      this.#winner = runner
      this.#onWon(runner)
    }
    return this.#winner === runner
  }
}

/** The client as one of the calls sees it: nobody there, once another one has begun. */
export class RacedClient implements ClientPort {
  readonly #client: ClientPort
  readonly #race: Race
  /** The one that runs: it may have the client in two dialects. */
  readonly #runner: RacedClient

  constructor(client: ClientPort, race: Race, runner?: RacedClient) {
    this.#client = client
    this.#race = race
    this.#runner = runner ?? this
  }

  get address(): string {
    return this.#client.address
  }

  get headers(): ClientPort['headers'] {
    return this.#client.headers
  }

  get started(): boolean {
    return this.#race.winner === this.#runner && this.#client.started
  }

  get native(): ClientPort | undefined {
    const { native } = this.#client
    return native === undefined ? undefined : new RacedClient(native, this.#race, this)
  }

  get written(): number {
    return this.#client.written
  }

  send(status: number, headers: AnswerHeaders, body: Buffer | string): void {
    if (this.#race.claim(this.#runner)) this.#client.send(status, headers, body)
  }

  start(status: number, headers: AnswerHeaders): void {
    if (this.#race.claim(this.#runner)) this.#client.start(status, headers)
  }

  write(piece: Buffer): Promise<void> | undefined {
    return this.#race.winner === this.#runner ? this.#client.write(piece) : undefined
  }

  beat(comment: string): void {
    this.#client.beat(comment)
  }

  end(): void {
    if (this.#race.winner === this.#runner) this.#client.end()
  }

  cut(): void {
    if (this.#race.winner === this.#runner) this.#client.cut()
  }
}
