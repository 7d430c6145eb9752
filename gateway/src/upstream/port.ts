import type { Readable } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Backend } from '../config/snapshot.ts'

/** What the relay knows of the outgoing side: one call, its head, its bytes, and a way to end it. */
export interface UpstreamRequest {
  readonly backend: Backend
  readonly method: 'GET' | 'POST'
  /** Below the backend's origin, query included. */
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: Buffer | Readable | undefined
  /** Called when the connection stands and the request goes out: the connect limit ends here. */
  readonly onConnected?: () => void
}

export type UpstreamHeaders = Readonly<Record<string, string | string[] | undefined>>

export interface UpstreamHead {
  readonly status: number
  readonly headers: UpstreamHeaders
}

export interface UpstreamExchange {
  /** Rejects with an UpstreamFault, or with the reason given to `abort`. */
  readonly head: Promise<UpstreamHead>
  /** The next bytes, undefined after the last; rejects as `head` does. One reader at a time. Unread bytes pause the backend. */
  read(): Promise<Buffer | undefined>
  /** The answer is complete, or the call has failed: nothing more will come. */
  readonly over: boolean
  /** Ends the call at once and closes its connection; nothing happens once the answer is complete. */
  abort(reason: Error): void
}

export interface Picture {
  /** As its first bytes say; what its server called it doesn't count. */
  readonly mediaType: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp'
  readonly bytes: Buffer
}

/** Rejects with a PictureRefused, or with the signal's reason once that is aborted; leaves no connection behind. */
export type FetchPicture = (url: string, signal: AbortSignal) => Promise<Picture>

export type OpenUpstream = (request: UpstreamRequest) => UpstreamExchange

export interface DialRequest {
  readonly backend: Backend
  /** Below the backend's origin, query included. */
  readonly path: string
  /** Without those of the handshake. */
  readonly headers: Record<string, string>
  /** Subprotocols that are offered. */
  readonly protocols: readonly string[]
  /** A larger message ends the connection. */
  readonly maximumMessageBytes: number
  /** Called when the connection stands and the handshake goes out: the connect limit ends here. */
  readonly onConnected?: () => void
}

/** `open`: the socket is paused, and has a listener for `error` · `refused`: another answer than 101; `body` is its beginning. */
export type Dialed =
  | { readonly kind: 'open'; readonly socket: WebSocket }
  | { readonly kind: 'refused'; readonly head: UpstreamHead; readonly body: Buffer }

export interface UpstreamDial {
  /** Rejects with an UpstreamFault, or with the reason given to `abort`. */
  readonly dialed: Promise<Dialed>
  /** Ends it at once, whatever it has come to. */
  abort(reason: Error): void
}

/** Opens a WebSocket to a backend. */
export type DialUpstream = (request: DialRequest) => UpstreamDial
