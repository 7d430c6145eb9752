import type { IncomingHttpHeaders } from 'node:http'
import type { WebSocket } from 'ws'

/** One end of a session as a test sees it: all that came, and how it ended. */
export interface Peer {
  readonly socket: WebSocket
  readonly messages: readonly PeerMessage[]
  /** Resolves with the first messages once there are that many. */
  heard(count: number): Promise<readonly PeerMessage[]>
  /** As the `close` event has it: 1005 without a status, 1006 without a closing handshake. */
  readonly closed: Promise<PeerClose>
}

export interface PeerMessage {
  readonly data: Buffer
  readonly binary: boolean
}

export interface PeerClose {
  readonly code: number
  readonly reason: string
}

export interface SeenHandshake {
  /** As sent, query included. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

export function peerOf(socket: WebSocket): Peer {
  const messages: PeerMessage[] = []
  const watchers = new Set<() => void>()
  socket.on('message', (data, binary) => {
    if (!Buffer.isBuffer(data)) throw new TypeError('only buffers are expected')
    messages.push({ data, binary })
    for (const watcher of watchers) watcher()
  })
  const closed = new Promise<PeerClose>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  return {
    socket,
    messages,
    heard: (count) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (messages.length < count) return
          watchers.delete(check)
          resolve(messages.slice(0, count))
        }
        watchers.add(check)
        check()
        void closed.then(({ code, reason }) => reject(new Error(`closed with ${code} ${reason} after ${messages.length} messages`)))
      }),
    closed,
  }
}

export function textsOf(messages: readonly PeerMessage[]): string[] {
  return messages.map(({ data, binary }) => `${binary ? 'binary' : 'text'} ${data.toString()}`)
}
