import type { Dispatcher } from 'undici'
import type { UpstreamExchange, UpstreamHead, UpstreamHeaders } from './port.ts'
import { toUpstreamFault, UpstreamFault } from './upstream-fault.ts'

/** Bytes that may wait for the reader before the backend is paused. */
const HIGH_WATER_BYTES = 256 * 1024
/** More response headers than this are an attack or a bug; the block's size is limited by the pool. */
const MAXIMUM_HEADERS = 200
/** Servers that send 102 Processing every 20 s stay below this for half an hour; more is a flood. */
const MAXIMUM_INFORMATIONAL = 100

/** What an exchange has to know of the connection that it is on, and to tell it. */
export interface ExchangeConnection {
  /** It has carried an answer before: what comes over it now need not belong to the request that is out. */
  readonly reused: boolean
  /** There were more bytes behind the answer, in one read with its end. */
  readonly overfull: boolean
  /** What was written of the request has left this process. */
  readonly flushed: boolean
  /** The exchange is over; `whole`: with its whole answer. */
  release(whole: boolean): void
  /** An answer came that nobody had asked for. */
  reportUnasked(): void
}

/** A connection that is left to undici, and that no other exchange comes after. */
const USED_ONCE: ExchangeConnection = { reused: false, overfull: false, flushed: true, release: () => {}, reportUnasked: () => {} }

/** One upstream call as undici's handler on one side and a pull of chunks on the other, without a stream object between. */
export class Exchange implements UpstreamExchange, Dispatcher.DispatchHandler {
  readonly head: Promise<UpstreamHead>
  readonly #resolveHead: (head: UpstreamHead) => void
  readonly #rejectHead: (error: Error) => void
  readonly #onConnected: (() => void) | undefined
  #controller: Dispatcher.DispatchController | undefined
  #chunks: Buffer[] = []
  #waitingBytes = 0
  #reader: { resolve: (chunk: Buffer | undefined) => void; reject: (error: Error) => void } | undefined
  #failure: Error | undefined
  #heldHead: UpstreamHead | undefined
  #headSeen = false
  #informational = 0
  #ended = false
  #sent = false
  /** What one read brought is given out when all of it was looked at. */
  #held = false
  readonly #connection: ExchangeConnection

  constructor(onConnected: (() => void) | undefined, connection: ExchangeConnection = USED_ONCE) {
    this.#connection = connection
    const { promise, resolve, reject } = Promise.withResolvers<UpstreamHead>()
    this.head = promise
    this.#resolveHead = resolve
    this.#rejectHead = reject
    this.#onConnected = onConnected
    // The relay may give up between the call and its await: a rejection then has no other listener.
    promise.catch(() => {})
  }

  get over(): boolean {
    return this.#ended || this.#failure !== undefined
  }

  read(): Promise<Buffer | undefined> {
    const chunk = this.#held ? undefined : this.#takeChunk()
    if (chunk !== undefined) return Promise.resolve(chunk)
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#ended && !this.#held) return Promise.resolve(undefined)
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject }
    })
  }

  abort(reason: Error): void {
    if (this.#ended || this.#failure !== undefined) return
    this.#fail(reason)
    this.#controller?.abort(reason)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // Aborted while the connection was being made: undici had no handle to give until now.
    if (this.#failure !== undefined) controller.abort(this.#failure)
    else this.#onConnected?.()
  }

  onRequestSent(): void {
    this.#sent = true
  }

  onRequestUpgrade(controller: Dispatcher.DispatchController): void {
    this.#refuse(controller, 'an upgrade that nobody asked for')
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: UpstreamHeaders): void {
    if (this.#failure !== undefined) return
    if (status < 200) {
      this.#informational += 1
      if (this.#informational > MAXIMUM_INFORMATIONAL) this.#refuse(controller, 'a flood of informational answers')
      return
    }
    if (status > 599) return this.#refuse(controller, `status ${status}`)
    if (Object.keys(headers).length > MAXIMUM_HEADERS) return this.#refuse(controller, 'too many headers')
    const { reused, flushed } = this.#connection
    if (reused && status < 400 && !(this.#sent && flushed)) {
      this.#connection.reportUnasked()
      return this.#refuse(controller, 'an answer before the request was sent')
    }
    this.#headSeen = true
    if (!reused) return this.#resolveHead({ status, headers })
    this.#heldHead = { status, headers }
    this.#hold()
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#failure !== undefined) return
    if (this.#reader !== undefined && !this.#connection.reused) return this.#give(chunk)
    this.#chunks.push(chunk)
    this.#waitingBytes += chunk.length
    if (this.#waitingBytes >= HIGH_WATER_BYTES) controller.pause()
    if (this.#connection.reused) this.#hold()
  }

  onResponseEnd(): void {
    if (this.#failure !== undefined) return
    this.#ended = true
    const { reused } = this.#connection
    this.#connection.release(true)
    if (reused) this.#hold()
    else this.#give(undefined)
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#failure === undefined) this.#fail(toUpstreamFault(error, this.#controller !== undefined))
  }

  /**
   * An answer on a connection that has carried others may be what nobody asked for, with the one to the request behind it.
   * Both mostly come in one read, and undici's parser says so as soon as it is through with that.
   */
  #hold(): void {
    if (this.#held) return
    this.#held = true
    queueMicrotask(() => this.#release())
  }

  #release(): void {
    this.#held = false
    if (this.#failure !== undefined) return
    if (this.#ended && this.#connection.overfull) {
      return this.#fail(new UpstreamFault('protocol', false, new Error('two answers to one request')))
    }
    if (this.#heldHead !== undefined) this.#resolveHead(this.#heldHead)
    this.#heldHead = undefined
    if (this.#reader === undefined) return
    const chunk = this.#takeChunk()
    if (chunk !== undefined || this.#ended) this.#give(chunk)
  }

  #takeChunk(): Buffer | undefined {
    const chunk = this.#chunks.shift()
    if (chunk === undefined) return undefined
    this.#waitingBytes -= chunk.length
    if (this.#waitingBytes < HIGH_WATER_BYTES && this.#controller?.paused === true) this.#controller.resume()
    return chunk
  }

  #give(chunk: Buffer | undefined): void {
    this.#reader?.resolve(chunk)
    this.#reader = undefined
  }

  #refuse(controller: Dispatcher.DispatchController, why: string): void {
    const fault = new UpstreamFault('protocol', false, new Error(why))
    this.#fail(fault)
    controller.abort(fault)
  }

  #fail(error: Error): void {
    this.#failure = error
    this.#chunks = []
    if (!this.#ended) this.#connection.release(false)
    if (!this.#headSeen || this.#heldHead !== undefined) this.#rejectHead(error)
    this.#reader?.reject(error)
    this.#reader = undefined
  }
}
