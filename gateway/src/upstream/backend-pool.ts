import type { buildConnector as Connectors } from 'undici'
import { Connection } from './connection.ts'
import { Exchange } from './exchange.ts'
import { IdleConnections } from './idle-connections.ts'
import type { UpstreamRequest } from './port.ts'

const MINUTE_MS = 60_000
/** For so long no connection to a backend that says more than it is asked is used twice; doubled each time. */
export const APART_MS = 10 * MINUTE_MS
const LONGEST_APART_MS = 24 * 60 * MINUTE_MS
/**
 * After so many answers with nothing behind them its connections need no rest any more, which costs some microseconds for
 * each request: a backend that says more than it is asked in one of a hundred answers has shown it by then.
 */
export const TRUSTED_AFTER = 1_000

export interface BackendPoolOptions {
  readonly origin: string
  readonly connect: Connectors.connector
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** It sent what nobody asked for. `apartMs`: so long each request has a connection of its own from now on; 0 where that is so already. */
  readonly onUnasked: (apartMs: number) => void
}

/**
 * The connections to one backend. One that has sent bytes nobody asked for does so again, and once such bytes come after
 * the next request was written they look like its answer: no connection to it is used twice for a while. Of one that is
 * not known yet each connection rests after each answer, so that what comes a little later is seen in time.
 */
export class BackendPool {
  readonly #options: BackendPoolOptions
  readonly #all = new Set<Connection>()
  readonly #idle = new IdleConnections<Connection>()
  /** Answers since it sent what nobody asked for, or since the start. */
  #answers = 0
  #apartMs = APART_MS
  #apartUntil = -Infinity

  constructor(options: BackendPoolOptions) {
    this.#options = options
  }

  /** Connections with and without an open request; those that are being made have one. */
  get sockets(): { readonly used: number; readonly free: number } {
    const free = this.#idle.count
    return { used: this.#all.size - free, free }
  }

  open({ backend, method, path, headers, body, onConnected }: UpstreamRequest): Exchange {
    const now = this.#options.now()
    const known = this.#answers >= TRUSTED_AFTER ? this.#idle.takeLast() : this.#idle.takeRested(now)
    const connection = known ?? this.#connect()
    const exchange = new Exchange(onConnected, connection)
    const reset = !backend.keepAlive || now < this.#apartUntil
    connection.dispatch({ method, path, headers, body: body ?? null, reset }, exchange)
    return exchange
  }

  /** When all that is in flight has ended. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map((connection) => connection.close()))
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#all].map((connection) => connection.destroy()))
  }

  #connect(): Connection {
    const { origin, connect, now } = this.#options
    const connection = new Connection(origin, connect, {
      onFree: (freed) => {
        this.#answers += 1
        if (now() >= this.#apartUntil) return this.#idle.add(freed, now())
        // Not before undici is done with the answer.
        queueMicrotask(() => void freed.destroy())
      },
      onGone: (gone) => {
        this.#idle.remove(gone)
        this.#all.delete(gone)
        gone.destroy().catch(() => {})
      },
      onUnasked: () => this.#keepApart(),
    })
    this.#all.add(connection)
    return connection
  }

  #keepApart(): void {
    const now = this.#options.now()
    this.#answers = 0
    if (now < this.#apartUntil) return this.#options.onUnasked(0)
    const apartMs = this.#apartMs
    this.#apartUntil = now + apartMs
    this.#apartMs = Math.min(LONGEST_APART_MS, apartMs * 2)
    // What is on its way over them may be more of the same.
    for (const connection of this.#idle.clear()) connection.destroy().catch(() => {})
    this.#options.onUnasked(apartMs)
  }
}
