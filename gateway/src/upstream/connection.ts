import type { Socket } from 'node:net'
import type { buildConnector as Connectors, Client as UndiciClient, Dispatcher } from 'undici'
// One connection of undici, without its pool: which one serves again, and when, is decided here.
import Client from 'undici/lib/dispatcher/client.js'
import type { Exchange } from './exchange.ts'
import type { Idle } from './idle-connections.ts'

/** Shorter than the keep-alive of the usual Python servers (5 s), so that a reused socket is seldom one that is being closed. */
const KEEP_ALIVE_MS = 4_000
/** Beyond this an answer's header block is refused. */
const MAXIMUM_HEADER_BYTES = 16 * 1024

/** How undici says that a socket without an open request had something to read. */
const UNASKED = /\bbad response\b/
/** Its code for an end that it made itself. */
const OWN_END = 'UND_ERR_INFO'

export interface ConnectionEvents {
  /** Its answer is whole, and it can serve again. */
  readonly onFree: (connection: Connection) => void
  /** Gone, with nobody waiting for it. */
  readonly onGone: (connection: Connection) => void
  /** It carried what nobody had asked for. */
  readonly onUnasked: () => void
}

/** One connection to a backend, with at most one request on it. */
export class Connection implements Idle {
  idleSince = 0
  readonly #client: UndiciClient
  readonly #events: ConnectionEvents
  #socket: Socket | undefined
  /** Answers that its socket has carried to their end. */
  #served = 0
  #busy = false
  /** Its socket serves once. */
  #once = false

  constructor(origin: string, connect: Connectors.connector, events: ConnectionEvents) {
    this.#events = events
    this.#client = new Client(origin, {
      pipelining: 1,
      allowH2: false,
      // undici's own limits are coarse (it wakes every half second); the relay has timers of its own.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAXIMUM_HEADER_BYTES,
      connect: (target, callback) =>
        connect(target, (...[error, socket]) => {
          if (error !== null) return callback(error, null)
          this.#socket = socket
          this.#served = 0
          return callback(null, socket)
        }),
    })
    this.#client.on('disconnect', (_origin, _targets, error) => {
      this.#socket = undefined
      if (UNASKED.test(error.message)) events.onUnasked()
      this.#goneUnlessBusy()
    })
    this.#client.on('connectionError', () => this.#goneUnlessBusy())
  }

  get connected(): boolean {
    return this.#socket?.destroyed === false
  }

  /** Its socket has carried an answer before: what comes over it now need not belong to the request that is out. */
  get reused(): boolean {
    return this.#served > 0
  }

  /** There were more bytes behind the answer, in one read with its end. */
  get overfull(): boolean {
    const error = this.#socket?.errored ?? undefined
    return error !== undefined && !('code' in error && error.code === OWN_END)
  }

  /** What was written of the request has left this process. */
  get flushed(): boolean {
    return this.#socket?.writableLength === 0
  }

  dispatch(options: Dispatcher.DispatchOptions, exchange: Exchange): void {
    this.#busy = true
    this.#once = options.reset === true
    this.#client.dispatch(options, exchange)
    // Refused before it was begun.
    if (!this.#busy && !this.connected) this.#events.onGone(this)
  }

  /** Its exchange is over. A connection on which one has failed is closed by undici. */
  release(whole: boolean): void {
    this.#busy = false
    if (!whole) return
    this.#served += 1
    if (!this.#once) this.#events.onFree(this)
  }

  reportUnasked(): void {
    this.#events.onUnasked()
  }

  /** Once the request on it is answered. */
  close(): Promise<void> {
    return this.#client.close()
  }

  destroy(): Promise<void> {
    return this.#client.destroy()
  }

  #goneUnlessBusy(): void {
    // A request that was not written yet is waiting for undici to connect again.
    if (!this.#busy) this.#events.onGone(this)
  }
}
