import type { ClientRequest, IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import { createConnectGuard, type ConnectGuard, type ConnectPolicy, type Resolve } from './policed-connect.ts'
import type { Dialed, DialRequest, DialUpstream, UpstreamDial, UpstreamHead } from './port.ts'
import { toUpstreamFault } from './upstream-fault.ts'
import { trustedCertificates } from './trusted-certificates.ts'

/** Of a refusal's body; the rest is nothing that anybody reads. */
const REFUSAL_BYTES = 64 * 1024

/** Opens WebSockets to backends where the policy allows, each on a connection of its own. Redirects are a refusal; compression is not offered. */
export function createDialer(policy: () => ConnectPolicy, resolve?: Resolve): DialUpstream {
  return (request) => {
    const { hostname, port, protocol } = new URL(request.backend.origin)
    const guard = createConnectGuard(policy, Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port), resolve)
    return dial(request, hostname, guard)
  }
}

function dial(request: DialRequest, hostname: string, guard: ConnectGuard): UpstreamDial {
  const { promise: dialed, resolve, reject } = Promise.withResolvers<Dialed>()
  // The relay may give up between the call and its await: a rejection then has no other listener.
  dialed.catch(() => {})
  let connected = false
  const onConnected = () => {
    connected = true
    request.onConnected?.()
  }
  let socket: WebSocket
  try {
    guard.check(hostname)
    socket = begin(request, guard, onConnected)
  } catch (error) {
    reject(toUpstreamFault(error, false))
    return { dialed, abort: () => {} }
  }
  // Stays for good: an error without a listener would end the process.
  socket.on('error', (error) => reject(toUpstreamFault(error, connected)))
  socket.once('open', () => {
    // What it says at once is to be heard by whoever takes the socket over.
    socket.pause()
    resolve({ kind: 'open', socket })
  })
  socket.once('unexpected-response', (outgoing: ClientRequest, response: IncomingMessage) => {
    const head = { status: response.statusCode ?? 0, headers: response.headers }
    resolve(refusalOf(head, response).finally(() => outgoing.destroy()))
  })
  return {
    dialed,
    abort(reason) {
      reject(reason)
      socket.terminate()
    },
  }
}

function begin(request: DialRequest, guard: ConnectGuard, onConnected: () => void): WebSocket {
  const { backend, path, headers, protocols, maximumMessageBytes } = request
  const secure = backend.origin.startsWith('https:')
  const socket = new WebSocket(`${backend.origin.replace(/^http/, 'ws')}${path}`, [...protocols], {
    headers,
    lookup: guard.lookup,
    perMessageDeflate: false,
    followRedirects: false,
    maxPayload: maximumMessageBytes,
    // Texts go to the other side as they came; it is the one that reads them.
    skipUTF8Validation: true,
    ...(backend.ca === undefined ? {} : { ca: trustedCertificates(backend.ca) }),
    finishRequest(outgoing) {
      outgoing.once('socket', (connection) => {
        connection.once('connect', () => {
          try {
            guard.checkConnected(connection)
          } catch (error) {
            outgoing.destroy(error instanceof Error ? error : undefined)
          }
        })
        connection.once(secure ? 'secureConnect' : 'connect', onConnected)
      })
      outgoing.end()
    },
  })
  // Many servers accept and choose no subprotocol, which the library, as browsers do, takes for a failure. They speak
  // the first one that was offered as far as anybody can tell.
  const [first] = protocols
  socket.once('upgrade', (response) => {
    if (first !== undefined) response.headers['sec-websocket-protocol'] ??= first
  })
  return socket
}

/** What comes before an error counts; never rejects. */
async function refusalOf(head: UpstreamHead, response: IncomingMessage): Promise<Dialed> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of response) {
      if (!Buffer.isBuffer(chunk)) continue
      chunks.push(chunk)
      size += chunk.length
      if (size >= REFUSAL_BYTES) break
    }
  } catch {
    // The status is there already, and says more than that the rest of a refusal was lost.
  }
  return { kind: 'refused', head, body: Buffer.concat(chunks).subarray(0, REFUSAL_BYTES) }
}
