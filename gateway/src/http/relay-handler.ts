import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Band } from '@jairouter/contract/names'
import { keyIdOf } from '../config/key-id.ts'
import type { KeyRecord, Snapshot } from '../config/snapshot.ts'
import type { Call } from '../endpoints/call.ts'
import type { Endpoint } from '../endpoints/endpoint.ts'
import { modelOf } from '../endpoints/parse-json-call.ts'
import { wantsStream } from '../endpoints/call.ts'
import { ClientGone } from '../errors/client-gone.ts'
import { GatewayError, toGatewayError } from '../errors/gateway-error.ts'
import type { ClientError } from '../errors/openai-error.ts'
import { RelayedError } from '../errors/relayed-error.ts'
import { hopsOf } from '../lib/hop-count.ts'
import { bandOf } from '../relay/band.ts'
import type { ClientPort } from '../relay/client-port.ts'
import { Heartbeat } from '../relay/heartbeat.ts'
import type { RelayPorts } from '../relay/ports.ts'
import { relay } from '../relay/relay.ts'
import type { RequestRecord, TraceStart } from '../telemetry/request-record.ts'
import { NEVER_SLOW } from '../telemetry/slow.ts'
import { ClientReply } from './client-reply.ts'
import type { OpenRequest } from './drain.ts'
import { OPENAI_VOICE } from './front/error-voices.ts'
import { callOf } from './front/call-of.ts'
import type { Front, FrontAnswer } from './front/front.ts'
import { TranslatedReply } from './front/translated-reply.ts'
import { asksToExplain, decisionHeader, isStaff } from './decision-header.ts'
import { readCall, readFields } from './read-call.ts'
import type { OverloadMonitor } from './overload/overload-monitor.ts'
import { retryAfterSeconds, sheds } from './overload/pressure.ts'
import { StreamedUpload } from './upload.ts'

export interface RelayHandlerOptions {
  readonly ports: RelayPorts
  /** The client's address, trusted proxies seen through. */
  readonly addressOf: (request: IncomingMessage) => string
  readonly closing: () => boolean
  readonly overload: OverloadMonitor
  /** Which requests are drawn for their decision to be kept; undefined: none. */
  readonly traces?: { draws(): boolean }
  /** Begins the trace of a request; undefined: none is. */
  readonly tracing?: TraceStart
  /** Whose `x-jairouter-explain: 1` is answered. Default: users' who may run the gateway. */
  readonly mayExplain?: (key: KeyRecord | undefined) => boolean
  readonly requestStarted: (request: OpenRequest) => void
  readonly requestEnded: (request: OpenRequest) => void
}

/** A request to a model API with its answer, and the id that both carry. */
interface RelayExchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly id: string
}

/** What a path of the model APIs is for: an endpoint in OpenAI's words, or an operation of another dialect. */
export type Operation = { readonly endpoint: Endpoint; readonly front?: undefined } | { readonly front: Front }

/** Every relayed operation: authenticate, read, relay, settle. Whatever happens, the client gets one answer and the books one record. */
export function createRelayHandler(operation: Operation, options: RelayHandlerOptions) {
  const { ports } = options
  const { front } = operation
  const voice = front ?? OPENAI_VOICE
  return async ({ request, response, id }: RelayExchange): Promise<void> => {
    const startedAt = ports.now()
    const snapshot = ports.snapshot()
    const cancel = new AbortController()
    response.once('close', () => {
      if (!response.writableFinished) cancel.abort(new ClientGone())
    })
    const open: OpenRequest = { cancel, place: undefined, record: undefined }
    options.requestStarted(open)
    const address = options.addressOf(request)
    const { idHeaders } = voice
    const reply = new ClientReply({ response, address, headers: request.headers, requestId: id, idHeaders, closing: options.closing })
    let client: ClientReply | TranslatedReply = reply
    const { generation } = snapshot
    const record = newRecord({ endpoint: front === undefined ? operation.endpoint.id : front.endpoint, id, address, startedAt, generation })
    record.dialect = front?.dialect
    open.record = record
    if (options.traces?.draws() === true) record.traced = 'sampled'
    record.trace = options.tracing?.begin(request.headers)
    let call: Call | undefined
    let heartbeat: Heartbeat | undefined
    try {
      ports.door.refuseBlocked(address, snapshot.blocks)
      refuseLoop(request)
      const entering = ports.door.letIn({ headers: request.headers, address }, snapshot)
      // Keys need no turn of the event loop; tokens of people do.
      const key = entering instanceof Promise ? await entering : entering
      if (key !== undefined) {
        record.principal = key.name
        record.key = key
        ports.door.used(keyIdOf(key), address)
      }
      if (asksToExplain(request.headers) && (options.mayExplain ?? isStaff)(key)) {
        record.traced = 'asked'
        reply.decision = () => decisionHeader(record, ports.now())
      }
      const band = bandOf(key, request.headers)
      refuseUnderOverload(options.overload, band, ports.random)
      if (front === undefined) call = await readCall(operation.endpoint, { request, response }, snapshot.server.bodyLimit)
      else {
        const { fields, bytes, members } = await readFields({ request, response }, snapshot.server.bodyLimit)
        // Every dialect's first question, whatever else is wrong.
        modelOf(fields['model'])
        const opened = await front.open({ fields, id: randomUUID(), key, address, snapshot, now: ports.wallClock })
        if (opened.kind === 'answer') return answerAtOnce(opened, reply, record)
        call = callOf(opened, { bytes, members })
        client = new TranslatedReply(reply, opened)
        record.endpoint = opened.endpoint
      }
      record.stream = call.kind === 'json' && call.stream
      record.asked = call.model
      heartbeat = heartbeatFor(call, client, { snapshot, ports })
      await relay({ call, key, band, snapshot, client, cancel, record, heartbeat, startedAt }, ports)
    } catch (error) {
      const told = toClientError(error)
      noteError(told, record)
      if (reply.started) reply.cut()
      else if (client instanceof TranslatedReply && reply.beating) client.fail(told)
      else reply.send(told.status, errorHeaders(told), JSON.stringify(voice.errorBody(told, id)))
    } finally {
      if (heartbeat !== undefined) ports.clock.remove(heartbeat)
      if (call?.kind === 'upload') {
        record.stream = wantsStream(call)
        if (call.upload instanceof StreamedUpload) {
          record.uploadBytes = call.upload.receivedBytes
          await call.upload.close()
        }
      }
      record.durationMs = ports.now() - startedAt
      options.requestEnded(open)
      ports.settle(record)
    }
  }
}

/** A request that has passed more gateways than this goes in a circle. */
const MOST_HOPS = 3

export function refuseLoop({ headers }: IncomingMessage): void {
  if (hopsOf(headers) <= MOST_HOPS) return
  throw new GatewayError(
    'loop_detected',
    `The request has passed more than ${MOST_HOPS} gateways: a backend's address leads back to one of them`,
  )
}

/** Level by level, those who can wait are refused first. */
export function refuseUnderOverload(overload: OverloadMonitor, band: Band, random: () => number): void {
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

function answerAtOnce({ body }: FrontAnswer, reply: ClientReply, record: RequestRecord): void {
  record.status = 200
  reply.send(200, { 'content-type': 'application/json' }, JSON.stringify(body))
}

/** With all that may ever be known of it: properties that came later would give records many shapes, and each reader many cases. */
export function newRecord(known: Pick<RequestRecord, 'endpoint' | 'id' | 'address' | 'startedAt' | 'generation'>): RequestRecord {
  return {
    id: known.id,
    endpoint: known.endpoint,
    address: known.address,
    principal: undefined,
    key: undefined,
    dialect: undefined,
    model: undefined,
    asked: undefined,
    answeredBy: undefined,
    units: undefined,
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
    experiment: undefined,
    usage: undefined,
    uploadBytes: undefined,
    content: undefined,
    captured: undefined,
    attempts: [],
    startedAt: known.startedAt,
    resolvedAt: Number.NaN,
    admittedAt: Number.NaN,
    slow: NEVER_SLOW,
    queuedAt: Number.NaN,
    generation: known.generation,
    trace: undefined,
    traceId: undefined,
    traced: undefined,
    plans: undefined,
    cause: undefined,
  }
}

export function toClientError(error: unknown): ClientError {
  if (error instanceof RelayedError) return error
  if (error instanceof ClientGone) return new GatewayError('client_closed', error.message)
  return toGatewayError(error)
}

export function noteError(error: ClientError, record: RequestRecord): void {
  record.status = error.status
  // A backend's own code is its own text: in metrics it would be a label that somebody else makes up.
  record.code = error instanceof GatewayError ? error.code : 'upstream_rejected'
  record.cause = error.cause
}

export function errorHeaders(error: ClientError): Record<string, string> {
  const own = error instanceof GatewayError ? error.headers : undefined
  const headers: Record<string, string> = { 'content-type': 'application/json', ...own }
  if (error.retryAfterSeconds !== undefined) headers['retry-after'] = String(error.retryAfterSeconds)
  if (error.status === 401) headers['www-authenticate'] = 'Bearer'
  return headers
}
