import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { keyIdOf } from '../../config/key-id.ts'
import { isLoopbackHost } from '../../config/addresses.ts'
import type { KeyRecord, Snapshot } from '../../config/snapshot.ts'
import { REALTIME, realtimeCall } from '../../endpoints/realtime.ts'
import { ClientGone } from '../../errors/client-gone.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { toOpenAiError } from '../../errors/openai-error.ts'
import { bandOf } from '../../relay/band.ts'
import { openSession, type OpenedSession } from '../../relay/open-session.ts'
import type { RelayPorts } from '../../relay/ports.ts'
import { ClientReply } from '../client-reply.ts'
import type { OpenRequest } from '../drain.ts'
import { retryAfterSeconds } from '../overload/pressure.ts'
import {
  errorHeaders,
  newRecord,
  noteError,
  refuseLoop,
  refuseUnderOverload,
  toClientError,
  type RelayHandlerOptions,
} from '../relay-handler.ts'
import { acceptClient } from './accept-client.ts'
import { checkHandshake, readProtocols, readTarget } from './handshake.ts'
import { Session } from './session.ts'
import type { Unanswered } from './unanswered.ts'

/** A handshake, and the id that its answer carries. */
export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Socket
  readonly head: Buffer
  readonly id: string
  readonly waiting: Unanswered
  /** Aborted when the client leaves before it is answered. */
  readonly cancel: AbortController
}

/**
 * A session from its handshake to its end: authenticate, find an instance that accepts it, accept the client, pass
 * messages on, settle. Whatever is wrong before is answered in plain HTTP; the books get one record.
 */
export function createRealtimeHandler(options: RelayHandlerOptions): (upgrade: Upgrade) => Promise<void> {
  const { ports } = options
  const bound = new SessionBound()
  return async (upgrade) => {
    const { request, id, waiting, cancel } = upgrade
    const startedAt = ports.now()
    const snapshot = ports.snapshot()
    const open: OpenRequest = { cancel, place: undefined, record: undefined }
    options.requestStarted(open)
    const address = options.addressOf(request)
    const { headers } = request
    const client = new ClientReply({ response: waiting.response, address, headers, requestId: id, idHeaders: [], closing: () => true })
    const record = newRecord({ endpoint: REALTIME.id, id, address, startedAt, generation: snapshot.generation })
    open.record = record
    if (options.traces?.draws() === true) record.traced = 'sampled'
    record.trace = options.tracing?.begin(headers)
    let leave = () => {}
    try {
      ports.door.refuseBlocked(address, snapshot.blocks)
      if (options.closing()) throw new GatewayError('server_shutdown', 'The gateway is stopping', retrySoon(ports))
      refuseLoop(request)
      checkHandshake(headers)
      const { protocols, key: carried } = readProtocols(headers)
      const key = await ports.door.letIn({ headers: credentialsOf(headers, carried), address }, snapshot)
      if (key !== undefined) {
        record.principal = key.name
        record.key = key
        ports.door.used(keyIdOf(key), address)
      }
      refuseForeignPage(headers.origin, key, snapshot)
      const band = bandOf(key, headers)
      refuseUnderOverload(options.overload, band, ports.random)
      const { model, query } = readTarget(request.url ?? '')
      record.asked = model
      leave = bound.enter(snapshot, ports)
      const input = { call: realtimeCall(model), key, band, snapshot, client, cancel, record, heartbeat: undefined, startedAt }
      const opened = await openSession(input, { query, protocols }, ports)
      record.status = 101
      await run(opened, upgrade, { snapshot, ports })
      if (cancel.signal.reason instanceof GatewayError) record.code = cancel.signal.reason.code
    } catch (error) {
      const told = toClientError(error)
      noteError(told, record)
      client.send(told.status, errorHeaders(told), JSON.stringify(toOpenAiError(told)))
    } finally {
      leave()
      record.durationMs = ports.now() - startedAt
      options.requestEnded(open)
      ports.settle(record)
    }
  }
}

/** Accepts the client and stays until both connections are closed. Throws when the client has left before. */
async function run(
  opened: OpenedSession,
  { request, socket, head, id, waiting, cancel }: Upgrade,
  { snapshot, ports }: { readonly snapshot: Snapshot; readonly ports: RelayPorts },
): Promise<void> {
  const { bodyLimit, realtime } = snapshot.server
  let client
  if (!cancel.signal.aborted) {
    waiting.release()
    const headers = { 'x-request-id': id, ...opened.headers }
    client = acceptClient({ request, socket, head, headers, protocol: opened.socket.protocol, maximumMessageBytes: bodyLimit })
  }
  if (client === undefined) {
    opened.socket.terminate()
    opened.end('client_gone')
    throw cancel.signal.reason instanceof Error ? cancel.signal.reason : new ClientGone()
  }
  const session = new Session({
    client,
    upstream: opened.socket,
    idleMs: realtime.idleMs,
    now: ports.now,
    clock: ports.clock,
    signal: cancel.signal,
    onUpstreamClosed: opened.end,
  })
  await session.over
}

/** How many sessions there are, over all keys and models. */
class SessionBound {
  #open = 0

  /** Takes a place; the result gives it back. Throws 503 when there is none. */
  enter({ server }: Snapshot, ports: RelayPorts): () => void {
    if (this.#open >= server.realtime.maxConnections)
      throw new GatewayError('overloaded', 'There are too many realtime sessions at the moment', retrySoon(ports))
    this.#open += 1
    return () => {
      this.#open -= 1
    }
  }
}

function retrySoon({ random }: RelayPorts): { readonly retryAfterSeconds: number } {
  return { retryAfterSeconds: retryAfterSeconds(random) }
}

/** The headers that `authenticate` reads; a key in a subprotocol counts where none of them has one. */
function credentialsOf(headers: IncomingMessage['headers'], carried: string | undefined): IncomingMessage['headers'] {
  const { authorization, 'x-api-key': key, 'api-key': other } = headers
  const own = authorization ?? key ?? other
  return own === undefined && carried !== undefined ? { authorization: `Bearer ${carried}` } : headers
}

/**
 * Browsers let any page open a WebSocket to anywhere, and ask nobody. A gateway that needs no key since only its own
 * machine reaches it would be open to every page that is looked at there; those of the machine itself are let in.
 */
function refuseForeignPage(origin: string | undefined, key: KeyRecord | undefined, { server }: Snapshot): void {
  if (origin === undefined || key !== undefined || !isLoopbackHost(server.host)) return
  if (URL.canParse(origin) && isLoopbackHost(new URL(origin).hostname)) return
  throw new GatewayError('origin_not_allowed', 'Pages from elsewhere need an API key to open a session')
}
