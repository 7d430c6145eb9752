import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { http } from '../../lib/node-http.ts'

/** A client that waits for the answer to its handshake. */
export interface Unanswered {
  /** For an answer other than 101; the connection closes behind it. */
  readonly response: ServerResponse
  /** To be called before the socket goes to somebody else. */
  release(): void
}

/**
 * Node lets go of a socket that asks for an upgrade: an answer in plain HTTP, and to see the client leave, are for
 * whoever takes it. Undefined where the answer to an earlier request on the same connection is still under way: what
 * follows would be written into the middle of it.
 */
export function holdUnanswered(request: IncomingMessage, socket: Socket, onLeave: () => void): Unanswered | undefined {
  socket.on('error', () => socket.destroy())
  const response = new http.ServerResponse(request)
  response.shouldKeepAlive = false
  try {
    response.assignSocket(socket)
  } catch {
    return undefined
  }
  response.once('finish', () => socket.destroySoon())
  // The end of what a client sends shows only to a reader. Bytes stay where they are: they belong to the session.
  const look = () => {
    if (socket.readableLength === 0) socket.read()
  }
  const leave = () => {
    onLeave()
    socket.destroy()
  }
  socket.on('readable', look)
  socket.once('end', leave)
  response.once('close', onLeave)
  return {
    response,
    release() {
      socket.off('readable', look)
      socket.off('end', leave)
      response.off('close', onLeave)
      response.detachSocket(socket)
    },
  }
}
