import type { Timeouts } from '../config/snapshot.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { PieceGaps } from '../telemetry/request-record.ts'
import type { DeadlineClock, Watched } from './deadline-clock.ts'

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

interface AttemptLimitsOptions {
  readonly timeouts: Timeouts
  readonly now: () => number
  readonly clock: DeadlineClock
  /** Ends the call: the backend was too slow. */
  readonly abort: (reason: Error) => void
  /** The client has taken nothing for a minute. */
  readonly onStall: () => void
}

/** A client that takes nothing for so long is not slow but gone: it holds a place at a backend that others wait for. */
const CLIENT_STALL_MS = 60_000

/** The limits of one attempt: at any time one of them is running. */
export class AttemptLimits implements Watched {
  dueAt = Infinity
  place: number | undefined = undefined
  #limit: LimitName = 'connect'
  readonly #timeouts: Timeouts
  readonly #abort: (reason: Error) => void
  readonly #onStall: () => void
  readonly #startedAt: number
  readonly #now: () => number
  readonly #clock: DeadlineClock
  #connected = false
  #paused = false
  #pieceAt = Number.NaN
  #gaps = 0
  #gapsMs = 0
  #longestGapMs = 0

  constructor(options: AttemptLimitsOptions) {
    this.#timeouts = options.timeouts
    this.#onStall = options.onStall
    this.#abort = options.abort
    this.#now = options.now
    this.#clock = options.clock
    this.#startedAt = options.now()
    options.clock.add(this)
  }

  /** The call was handed over. A pooled connection takes it within that very call, and then `connected` was called already. */
  sent(): void {
    if (!this.#connected) this.#run('connect', this.#startedAt)
  }

  /** The connection stands: wait for the answer. A stream's first event is due as well, whichever limit is shorter. */
  connected(stream: boolean): void {
    this.#connected = true
    const limit = stream && this.#timeouts.firstToken < this.#timeouts.response ? 'firstToken' : 'response'
    this.#run(limit, this.#startedAt)
  }

  /** A stream's head has come, its first event has not. Counts from the attempt's start, as `response` does. */
  awaitFirstToken(): void {
    this.#run('firstToken', this.#startedAt)
  }

  /** A piece of a stream has come: from here on only silence counts. Called for each, so it must be cheap. */
  piece(): void {
    const now = this.#now()
    const gapMs = now - this.#pieceAt
    // Not so before the second piece.
    if (gapMs >= 0) {
      this.#gaps += 1
      this.#gapsMs += gapMs
      if (gapMs > this.#longestGapMs) this.#longestGapMs = gapMs
    }
    this.#pieceAt = now
    this.#run('idle', now)
  }

  /** Something of the answer has come, or the client takes more again; what it made us wait is no gap between pieces. */
  progress(): void {
    const now = this.#now()
    this.#pieceAt = now
    this.#run('idle', now)
  }

  /** Between the pieces so far; undefined where there were not two. */
  get gaps(): PieceGaps | undefined {
    return this.#gaps === 0 ? undefined : { count: this.#gaps, sumMs: this.#gapsMs, longestMs: this.#longestGapMs }
  }

  /** Not the backend's silence: we are not reading, since the client is slow. */
  pause(): void {
    this.#paused = true
    this.dueAt = this.#now() + CLIENT_STALL_MS
  }

  stop(): void {
    this.#clock.remove(this)
  }

  reached(): void {
    this.dueAt = Infinity
    if (this.#paused) this.#onStall()
    else this.#abort(new TimeLimitReached(this.#limit, this.#timeouts[this.#limit]))
  }

  #run(limit: LimitName, from: number): void {
    this.#paused = false
    this.#limit = limit
    this.dueAt = from + this.#timeouts[limit]
  }
}

/** The limit of a whole request, all attempts together. */
export class TotalLimit implements Watched {
  readonly dueAt: number
  place: number | undefined = undefined
  readonly #total: number
  readonly #cancel: AbortController

  constructor(options: { total: number; startedAt: number; cancel: AbortController }) {
    this.dueAt = options.startedAt + options.total
    this.#total = options.total
    this.#cancel = options.cancel
  }

  reached(): void {
    if (!this.#cancel.signal.aborted) this.#cancel.abort(new TimeLimitReached('total', this.#total))
  }
}
