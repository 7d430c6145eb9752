import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import type { AnswerHeaders } from '../../relay/client-port.ts'

export interface Accepting {
  readonly request: IncomingMessage
  readonly socket: Socket
  /** What the client sent behind its handshake. */
  readonly head: Buffer
  readonly headers: AnswerHeaders
  /** The subprotocol that the backend chose; '' for none. */
  readonly protocol: string
  /** A larger message ends the connection. */
  readonly maximumMessageBytes: number
}

/** Answers a handshake that `checkHandshake` and `readProtocols` have found good with 101. Undefined when the client has gone. */
export function acceptClient({ request, socket, head, headers, protocol, maximumMessageBytes }: Accepting): WebSocket | undefined {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maximumMessageBytes,
    // Texts go to the other side as they came; it is the one that reads them.
    skipUTF8Validation: true,
    handleProtocols: () => (protocol === '' ? false : protocol),
  })
  server.on('headers', (lines) => {
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  })
  let accepted: WebSocket | undefined
  // It calls back at once, or never.
  server.handleUpgrade(request, socket, head, (webSocket) => {
    accepted = webSocket
  })
  return accepted
}
