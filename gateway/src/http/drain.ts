import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { ServerSettings } from '../config/snapshot.ts'
import { Bag, type Bagged } from '../lib/bag.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'

const IDLE_CHECK_MS = 100
/** What a hard stop leaves for error events to reach their clients. */
const LAST_WORDS_MS = 250

/** A request that is being answered. */
export interface OpenRequest extends Bagged {
  readonly cancel: AbortController
  /** Of a request to a model API, once it has one. */
  record?: RequestRecord | undefined
}

/** The requests that are being answered. */
export class Requests {
  /** Set once the gateway is stopping: not ready any more, and every answer closes its connection. */
  draining = false
  readonly #open = new Bag<OpenRequest>()
  readonly #hurry = new AbortController()
  #onEmpty: (() => void) | undefined
  #onFirst: (() => void) | undefined

  /** `onFirst`: called once, when the first one comes. */
  constructor(onFirst?: () => void) {
    this.#onFirst = onFirst
  }

  add(request: OpenRequest): void {
    this.#open.add(request)
    if (this.#onFirst === undefined) return
    this.#onFirst()
    this.#onFirst = undefined
  }

  remove(request: OpenRequest): void {
    this.#open.remove(request)
    if (this.#open.size === 0) this.#onEmpty?.()
  }

  /** Aborted when waiting is to end. */
  get hurry(): AbortController {
    return this.#hurry
  }

  get count(): number {
    return this.#open.size
  }

  /** Resolves when none is open; needs no polling. */
  empty(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onEmpty = resolve
    })
  }

  all(): Iterable<OpenRequest> {
    return this.#open.all()
  }

  abortAll(reason: Error): void {
    for (const { cancel } of this.#open.all()) cancel.abort(reason)
  }
}

export interface StopOptions {
  readonly server: FastifyInstance
  readonly requests: Requests
  readonly drain: ServerSettings['drain']
  readonly how?: 'now'
}

/**
 * Stops without losing a request: not ready at once, new connections still taken for `acceptMs` (load balancers need
 * that long to notice), then only what is in flight, for at most `graceMs`; what is left is told that the server
 * stops. A second call ends the waiting of the first.
 */
export async function stopServing({ server, requests, drain, how }: StopOptions): Promise<void> {
  const again = requests.draining
  requests.draining = true
  if (again || how === 'now') requests.hurry.abort()
  const { signal } = requests.hurry
  await pause(drain.acceptMs, signal)
  server.server.close()
  server.server.closeIdleConnections()
  const sweep = setInterval(() => server.server.closeIdleConnections(), IDLE_CHECK_MS)
  try {
    const done = new AbortController()
    await Promise.race([requests.empty(), pause(drain.graceMs, AbortSignal.any([signal, done.signal]))])
    done.abort()
    if (requests.count > 0) {
      requests.abortAll(new GatewayError('server_shutdown', 'The gateway is stopping'))
      await Promise.race([requests.empty(), delay(LAST_WORDS_MS)])
    }
  } finally {
    clearInterval(sweep)
  }
  server.server.closeAllConnections()
  await server.close()
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => {})
}
