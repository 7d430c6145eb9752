import type { Dispatcher } from 'undici'
import type { UpstreamExchange, UpstreamHead, UpstreamHeaders } from './port.ts'
import { toUpstreamFault, UpstreamFault } from './upstream-fault.ts'

/** Bytes that may wait for the reader before the backend is paused. */
const HIGH_WATER_BYTES = 256 * 1024
/** More response headers than this are an attack or a bug; the block's size is limited by the pool. */
const MAXIMUM_HEADERS = 200
/** Servers that send 102 Processing every 20 s stay below this for half an hour; more is a flood. */
const MAXIMUM_INFORMATIONAL = 100

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
  #headSeen = false
  #informational = 0
  #ended = false

  constructor(onConnected: (() => void) | undefined) {
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
    const chunk = this.#chunks.shift()
    if (chunk !== undefined) {
      this.#waitingBytes -= chunk.length
      if (this.#waitingBytes < HIGH_WATER_BYTES && this.#controller?.paused === true) this.#controller.resume()
      return Promise.resolve(chunk)
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#ended) return Promise.resolve(undefined)
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject }
    })
  }

  abort(reason: Error): void {
    if (this.#ended || this.#failure !== undefined) return
    this.#fail(reason)
    this.#controller?.abort(reason)
  }

  /** Fails the call from outside undici, as when its dispatch throws. */
  failBeforeStart(error: unknown): void {
    this.#fail(toUpstreamFault(error, false))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // Aborted while the connection was being made: undici had no handle to give until now.
    if (this.#failure !== undefined) controller.abort(this.#failure)
    else this.#onConnected?.()
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
    this.#headSeen = true
    this.#resolveHead({ status, headers })
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#failure !== undefined) return
    if (this.#reader !== undefined) {
      const { resolve } = this.#reader
      this.#reader = undefined
      return resolve(chunk)
    }
    this.#chunks.push(chunk)
    this.#waitingBytes += chunk.length
    if (this.#waitingBytes >= HIGH_WATER_BYTES) controller.pause()
  }

  onResponseEnd(): void {
    if (this.#failure !== undefined) return
    this.#ended = true
    this.#reader?.resolve(undefined)
    this.#reader = undefined
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#failure === undefined) this.#fail(toUpstreamFault(error, this.#controller !== undefined))
  }

  #refuse(controller: Dispatcher.DispatchController, why: string): void {
    const fault = new UpstreamFault('protocol', false, new Error(why))
    this.#fail(fault)
    controller.abort(fault)
  }

  #fail(error: Error): void {
    this.#failure = error
    this.#chunks = []
    if (!this.#headSeen) this.#rejectHead(error)
    this.#reader?.reject(error)
    this.#reader = undefined
  }
}
