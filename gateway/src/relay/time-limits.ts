import type { Timeouts } from '../config/snapshot.ts'
import { GatewayError } from '../errors/gateway-error.ts'

export type LimitName = keyof Timeouts

/** The reason of an abort that a time limit made. */
export class TimeLimitReached extends Error {
  readonly limit: LimitName
  readonly limitMs: number
  constructor(limit: LimitName, limitMs: number) {
    super(`${limit} limit of ${limitMs} ms reached`)
    this.name = 'TimeLimitReached'
    this.limit = limit
    this.limitMs = limitMs
  }
}

const TEXTS: Readonly<Record<LimitName, string>> = {
  connect: 'The model server did not accept a connection within',
  response: 'The model server did not answer within',
  firstToken: 'The model server did not begin its answer within',
  idle: 'The model server fell silent in the middle of its answer for',
  total: 'The request was not complete within',
}

export function toTimeoutError(reached: TimeLimitReached): GatewayError {
  return new GatewayError('upstream_timeout', `${TEXTS[reached.limit]} ${reached.limitMs} ms (limit "${reached.limit}")`, {
    cause: reached,
  })
}

/**
 * The clocks of one attempt. At most two run at a time: the connection's, and that of the phase it is in. Timers of
 * our own because undici's wake only every half second.
 */
export class AttemptLimits {
  readonly #timeouts: Timeouts
  readonly #abort: (reason: Error) => void
  readonly #startedAt: number
  readonly #now: () => number
  #connect: NodeJS.Timeout | undefined
  #phase: NodeJS.Timeout | undefined
  #idle: NodeJS.Timeout | undefined

  constructor(options: { timeouts: Timeouts; now: () => number; abort: (reason: Error) => void }) {
    this.#timeouts = options.timeouts
    this.#abort = options.abort
    this.#now = options.now
    this.#startedAt = options.now()
  }

  /** The call was handed over. A pooled connection takes it within that very call, and then `connected` was called already. */
  sent(): void {
    if (this.#phase === undefined) this.#connect = this.#arm('connect', this.#timeouts.connect)
  }

  /** The connection stands: wait for the answer. A stream's first event is due as well, whichever limit is shorter. */
  connected(stream: boolean): void {
    clearTimeout(this.#connect)
    const limit = stream && this.#timeouts.firstToken < this.#timeouts.response ? 'firstToken' : 'response'
    this.#startPhase(limit)
  }

  /** A stream's head has come, its first event has not. */
  awaitFirstToken(): void {
    this.#startPhase('firstToken')
  }

  /** Something of the answer has come: from here on only silence counts. Called for each piece, so it must be cheap. */
  progress(): void {
    if (this.#idle !== undefined) {
      this.#idle.refresh()
      return
    }
    clearTimeout(this.#phase)
    this.#idle = this.#arm('idle', this.#timeouts.idle)
  }

  /** Not the backend's silence: we are not reading, since the client is slow. */
  pause(): void {
    clearTimeout(this.#idle)
    this.#idle = undefined
  }

  stop(): void {
    clearTimeout(this.#connect)
    clearTimeout(this.#phase)
    clearTimeout(this.#idle)
  }

  /** Limits count from the attempt's start; a connection from the pool costs nothing, and then timers of equal length share one list in Node. */
  #startPhase(limit: 'response' | 'firstToken'): void {
    clearTimeout(this.#phase)
    const elapsed = this.#now() - this.#startedAt
    const limitMs = this.#timeouts[limit]
    this.#phase = this.#arm(limit, elapsed < 5 ? limitMs : Math.max(1, limitMs - elapsed))
  }

  #arm(limit: LimitName, delayMs: number): NodeJS.Timeout {
    return setTimeout(() => this.#abort(new TimeLimitReached(limit, this.#timeouts[limit])), delayMs)
  }
}
