import type { WebSocket } from 'ws'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { DeadlineClock, Watched } from '../../relay/deadline-clock.ts'
import type { SessionEnding } from '../../relay/open-session.ts'
import { pump } from './pump.ts'

/** How long one has for the closing handshake when there is nothing to wait for. */
const LAST_WORDS_MS = 1_000

/** Status codes of RFC 6455 7.4.1. */
const GOING_AWAY = 1001
const NO_STATUS = 1005
const ABNORMAL = 1006
const SERVER_FAULT = 1011

export interface SessionOptions {
  readonly client: WebSocket
  /** Paused. */
  readonly upstream: WebSocket
  readonly idleMs: number
  readonly now: () => number
  readonly clock: DeadlineClock
  /** Aborted when the session is to end at once. */
  readonly signal: AbortSignal
  /** Called once, when the connection to the backend is closed. */
  readonly onUpstreamClosed: (ending: SessionEnding) => void
}

interface Farewell {
  readonly code: number
  readonly reason: string | Buffer
}

/** Two sockets that speak to each other through the gateway, until one of them ends it or nobody says anything. */
export class Session implements Watched {
  dueAt: number
  place: number | undefined = undefined
  /** Resolves when both connections are closed. */
  readonly over: Promise<void>
  readonly #options: SessionOptions
  readonly #resolveOver: () => void
  readonly #onAbort = () => this.#stop()
  #ending: SessionEnding | undefined
  #open = 2
  #cutTimer: NodeJS.Timeout | undefined

  constructor(options: SessionOptions) {
    const { client, upstream, idleMs, now, clock, signal } = options
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#options = options
    this.over = promise
    this.#resolveOver = resolve
    this.dueAt = now() + idleMs
    const heard = () => {
      this.dueAt = now() + idleMs
    }
    pump(client, upstream, heard)
    pump(upstream, client, heard)
    client.on('close', (code, reason) => this.#clientClosed({ code, reason }))
    client.on('error', () => this.#end('client_fault', { upstream: left('The client broke the protocol'), cut: [upstream] }))
    upstream.on('close', (code, reason) => this.#upstreamClosed({ code, reason }))
    upstream.on('error', () => this.#end('backend_fault', { client: fault('The model server broke the protocol'), cut: [upstream] }))
    clock.add(this)
    signal.addEventListener('abort', this.#onAbort, { once: true })
    // It may have gone between its handshake and the client's, when nobody listened.
    if (upstream.readyState === upstream.CLOSED) this.#upstreamClosed({ code: ABNORMAL, reason: '' })
    upstream.resume()
    if (signal.aborted) this.#stop()
  }

  reached(): void {
    const idle = { code: GOING_AWAY, reason: `Nobody said anything for ${this.#options.idleMs} ms (server.realtime.idle)` }
    this.#end('idle', { client: idle, upstream: idle })
  }

  #clientClosed({ code, reason }: Farewell): void {
    if (code === ABNORMAL) this.#end('client_gone', { upstream: left('The client is gone'), cut: [this.#options.upstream] })
    else this.#end('closed', { upstream: { code, reason } })
    this.#closed()
  }

  #upstreamClosed({ code, reason }: Farewell): void {
    if (code === ABNORMAL) this.#end('backend_gone', { client: fault('The model server closed the connection') })
    else this.#end('closed', { client: { code, reason } })
    this.#options.onUpstreamClosed(this.#ending ?? 'closed')
    this.#closed()
  }

  #stop(): void {
    const { client, upstream, signal } = this.#options
    const reason = signal.reason instanceof GatewayError ? signal.reason.message : 'The gateway is stopping'
    const stopping = { code: GOING_AWAY, reason }
    this.#end('stopping', { client: stopping, upstream: stopping })
    // Also where an end was under way that still had time.
    this.#cutSoon([client, upstream])
  }

  /** The first end counts. `cut`: those that are not waited for. */
  #end(ending: SessionEnding, told: { client?: Farewell; upstream?: Farewell; cut?: readonly WebSocket[] }): void {
    if (this.#ending !== undefined) return
    this.#ending = ending
    const { client, upstream, clock } = this.#options
    clock.remove(this)
    say(client, told.client)
    say(upstream, told.upstream)
    if (told.cut !== undefined) this.#cutSoon(told.cut)
  }

  #cutSoon(sockets: readonly WebSocket[]): void {
    clearTimeout(this.#cutTimer)
    this.#cutTimer = setTimeout(() => {
      for (const socket of sockets) socket.terminate()
    }, LAST_WORDS_MS)
  }

  #closed(): void {
    this.#open -= 1
    if (this.#open > 0) return
    clearTimeout(this.#cutTimer)
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    this.#resolveOver()
  }
}

function say(socket: WebSocket, farewell: Farewell | undefined): void {
  if (farewell?.code === NO_STATUS) socket.close()
  else if (farewell !== undefined) socket.close(farewell.code, farewell.reason)
  // One that is paused would never see the other side's part of the closing.
  socket.resume()
}

function left(reason: string): Farewell {
  return { code: GOING_AWAY, reason }
}

function fault(reason: string): Farewell {
  return { code: SERVER_FAULT, reason }
}
