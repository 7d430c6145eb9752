import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Band } from '@jairouter/contract/names'
import { authenticate } from '../auth/authenticate.ts'
import type { Snapshot } from '../config/snapshot.ts'
import type { Call } from '../endpoints/call.ts'
import type { Endpoint } from '../endpoints/endpoint.ts'
import { parseJsonCall } from '../endpoints/parse-json-call.ts'
import { wantsStream } from '../endpoints/call.ts'
import { ClientGone } from '../errors/client-gone.ts'
import { GatewayError, toGatewayError } from '../errors/gateway-error.ts'
import { toOpenAiError, type ClientError } from '../errors/openai-error.ts'
import { RelayedError } from '../errors/relayed-error.ts'
import { hopsOf } from '../lib/hop-count.ts'
import { boundaryOf } from '../lib/multipart-scanner.ts'
import { bandOf } from '../relay/band.ts'
import type { ClientPort } from '../relay/client-port.ts'
import { Heartbeat } from '../relay/heartbeat.ts'
import type { RelayPorts } from '../relay/ports.ts'
import { relay } from '../relay/relay.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import { ClientReply } from './client-reply.ts'
import type { OpenRequest } from './drain.ts'
import { checkBodyHeaders, continueIfExpected, readBody } from './read-body.ts'
import type { OverloadMonitor } from './overload/overload-monitor.ts'
import { retryAfterSeconds, sheds } from './overload/pressure.ts'
import { StreamedUpload } from './upload.ts'

export interface RelayHandlerOptions {
  readonly ports: RelayPorts
  /** The client's address, trusted proxies seen through. */
  readonly addressOf: (request: IncomingMessage) => string
  readonly closing: () => boolean
  readonly overload: OverloadMonitor
  readonly requestStarted: (request: OpenRequest) => void
  readonly requestEnded: (request: OpenRequest) => void
}

/** A request to a model API with its answer, and the id that both carry. */
interface RelayExchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly id: string
}

/** Every relayed endpoint: authenticate, read, relay, settle. Whatever happens, the client gets one answer and the books one record. */
export function createRelayHandler(endpoint: Endpoint, options: RelayHandlerOptions) {
  const { ports } = options
  return async ({ request, response, id }: RelayExchange): Promise<void> => {
    const startedAt = ports.now()
    const snapshot = ports.snapshot()
    const cancel = new AbortController()
    response.once('close', () => {
      if (!response.writableFinished) cancel.abort(new ClientGone())
    })
    const open: OpenRequest = { cancel, place: undefined }
    options.requestStarted(open)
    const address = options.addressOf(request)
    const client = new ClientReply({ response, address, headers: request.headers, requestId: id, closing: options.closing })
    const record = newRecord(endpoint, id, address)
    let call: Call | undefined
    let heartbeat: Heartbeat | undefined
    try {
      refuseLoop(request)
      const key = authenticate(request.headers, snapshot.auth, ports.wallClock())
      record.principal = key?.name
      const band = bandOf(key, request.headers)
      refuseUnderOverload(options.overload, band, ports.random)
      call = await readCall(endpoint, { request, response }, snapshot)
      record.stream = call.kind === 'json' && call.stream
      heartbeat = heartbeatFor(call, client, { snapshot, ports })
      await relay({ call, key, band, snapshot, client, cancel, record, heartbeat, startedAt }, ports)
    } catch (error) {
      answerError(toClientError(error), client, record)
    } finally {
      if (heartbeat !== undefined) ports.clock.remove(heartbeat)
      if (call?.kind === 'upload') {
        record.stream = wantsStream(call)
        if (call.upload instanceof StreamedUpload) await call.upload.close()
      }
      record.durationMs = ports.now() - startedAt
      options.requestEnded(open)
      ports.settle(record)
    }
  }
}

/** A request that has passed more gateways than this goes in a circle. */
const MOST_HOPS = 3

function refuseLoop({ headers }: IncomingMessage): void {
  if (hopsOf(headers) <= MOST_HOPS) return
  throw new GatewayError(
    'loop_detected',
    `The request has passed more than ${MOST_HOPS} gateways: a backend's address leads back to one of them`,
  )
}

/** Level by level, those who can wait are refused first. */
function refuseUnderOverload(overload: OverloadMonitor, band: Band, random: () => number): void {
  if (!sheds(overload.level(), band)) return
  throw new GatewayError('overloaded', 'The gateway is overloaded', {
    retryAfterSeconds: retryAfterSeconds(random),
    headers: { connection: 'close' },
  })
}

/** Of who waits for an event stream. */
function heartbeatFor(
  call: Call,
  client: ClientPort,
  { snapshot, ports }: { snapshot: Snapshot; ports: RelayPorts },
): Heartbeat | undefined {
  const intervalMs = snapshot.server.heartbeatMs
  if (call.kind !== 'json' || !call.stream || call.endpoint.stream === 'none' || intervalMs === 0) return undefined
  const heartbeat = new Heartbeat({ client, intervalMs, now: ports.now })
  ports.clock.add(heartbeat)
  return heartbeat
}

async function readCall(
  endpoint: Endpoint,
  exchange: { request: IncomingMessage; response: ServerResponse },
  snapshot: Snapshot,
): Promise<Call> {
  const { request, response } = exchange
  const limitBytes = snapshot.server.bodyLimit
  checkBodyHeaders(request, limitBytes)
  const contentType = request.headers['content-type'] ?? ''
  const multipart = /^multipart\/form-data\b/i.test(contentType)
  if (multipart && endpoint.body !== 'json') {
    const boundary = boundaryOf(contentType)
    if (boundary === undefined) throw new GatewayError('invalid_request', 'The content type "multipart/form-data" has no boundary')
    continueIfExpected(request, response)
    const upload = new StreamedUpload({ request, contentType, boundary, limitBytes })
    try {
      return { kind: 'upload', endpoint, model: await upload.findModel(), upload }
    } catch (error) {
      // Nobody else knows of it yet, and what was spooled would stay on the disk.
      await upload.close()
      throw error
    }
  }
  const json = contentType === '' || /^application\/json\b/i.test(contentType)
  if (!json || endpoint.body === 'multipart') {
    const wanted = {
      json: 'application/json',
      multipart: 'multipart/form-data',
      'json-or-multipart': 'application/json or multipart/form-data',
    }[endpoint.body]
    throw new GatewayError('unsupported_media_type', `The content type must be ${wanted}`)
  }
  continueIfExpected(request, response)
  return parseJsonCall(endpoint, await readBody(request, limitBytes))
}

function newRecord(endpoint: Endpoint, id: string, address: string): RequestRecord {
  return {
    id,
    endpoint: endpoint.id,
    address,
    principal: undefined,
    model: undefined,
    stream: false,
    status: 0,
    code: undefined,
    durationMs: 0,
    firstByteMs: undefined,
    overheadMs: undefined,
    pausedMs: 0,
    queuedMs: undefined,
    hedge: undefined,
    cache: undefined,
    fallback: undefined,
    usage: undefined,
    attempts: [],
    cause: undefined,
  }
}

function toClientError(error: unknown): ClientError {
  if (error instanceof RelayedError) return error
  if (error instanceof ClientGone) return new GatewayError('client_closed', error.message)
  return toGatewayError(error)
}

function answerError(error: ClientError, client: ClientPort, record: RequestRecord): void {
  record.status = error.status
  // A backend's own code is its own text: in metrics it would be a label that somebody else makes up.
  record.code = error instanceof GatewayError ? error.code : 'upstream_rejected'
  record.cause = error.cause
  if (client.started) client.cut()
  else client.send(error.status, errorHeaders(error), JSON.stringify(toOpenAiError(error)))
}

export function errorHeaders(error: ClientError): Record<string, string> {
  const own = error instanceof GatewayError ? error.headers : undefined
  const headers: Record<string, string> = { 'content-type': 'application/json', ...own }
  if (error.retryAfterSeconds !== undefined) headers['retry-after'] = String(error.retryAfterSeconds)
  if (error.status === 401) headers['www-authenticate'] = 'Bearer'
  return headers
}
