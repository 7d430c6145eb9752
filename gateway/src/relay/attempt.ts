import type { Call } from '../endpoints/call.ts'
import { wantsStream } from '../endpoints/call.ts'
import type { Usage } from '../endpoints/usage.ts'
import { readUpstreamError } from '../errors/upstream-error-body.ts'
import type { AttemptRecord } from '../telemetry/request-record.ts'
import type { UpstreamExchange, UpstreamHead } from '../upstream/port.ts'
import type { ClientPort } from './client-port.ts'
import { collect } from './collect.ts'
import { deliverBytes } from './deliver-bytes.ts'
import { deliverJson } from './deliver-json.ts'
import { deliverStream } from './deliver-stream.ts'
import { deliverText } from './deliver-text.ts'
import { degradedIn, encode } from './encode.ts'
import { failureOf, failureOfStatus, protocolFailure, type Failure } from './failure.ts'
import { openLease } from './lease.ts'
import type { RelayPorts } from './ports.ts'
import type { Resumption } from './resumption.ts'
import type { InstanceState } from './route-states.ts'
import { withPictures } from './pictures.ts'
import { AttemptLimits } from './time-limits.ts'
import { translationFor, type Translation } from './translation.ts'
import { withoutEcho } from './without-echo.ts'
import { withoutKey } from './without-key.ts'
import type { Route } from '../config/snapshot.ts'

/** What the way an answer is delivered may look at. */
export interface Delivery {
  readonly call: Call
  readonly route: Route
  readonly state: InstanceState
  readonly exchange: UpstreamExchange
  readonly head: UpstreamHead
  readonly limits: AttemptLimits
  /** Undefined where the backend speaks the canonical wire format. */
  readonly translation: Translation | undefined
  readonly client: ClientPort
  /** What the client has of the answer; undefined where a broken stream is not to be completed. */
  readonly resumption: Resumption | undefined
  /** To be called when that part of the answer has come with which the client's can begin. */
  readonly arrived: () => void
  /** Headers that every answer of this attempt carries; call it at the moment when the answer begins. */
  readonly headers: () => Record<string, string>
}

/**
 * `answered`: the client has its answer, whole or ended by an error event · `failed`: it has received nothing yet
 * · `interrupted`: it has a part, which another call may complete; else it is still to be told of the failure.
 */
export type Delivered =
  | { readonly kind: 'answered'; readonly usage: Usage | undefined; readonly broken?: Failure }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'interrupted'; readonly failure: Failure; readonly usage: Usage | undefined }

export type Unanswered = Exclude<Delivered, { kind: 'answered' }>

/** What went wrong, however much of the answer the client has; undefined when nothing did. */
export function failureIn(delivered: Delivered): Failure | undefined {
  return delivered.kind === 'answered' ? delivered.broken : delivered.failure
}

export interface AttemptInput {
  readonly call: Call
  readonly route: Route
  readonly state: InstanceState
  readonly client: ClientPort
  readonly signal: AbortSignal
  readonly record: AttemptRecord
  readonly resumption: Resumption | undefined
  readonly headers: () => Record<string, string>
}

/** Error bodies longer than this are cut: nobody reads them. */
const ERROR_BODY_BYTES = 64 * 1024
/** How long the rest of an answer nobody needs may take before its connection is given up. */
const LET_GO_MS = 500

/** One upstream call, from lease to release. Never throws. */
export async function attempt(input: AttemptInput, ports: RelayPorts): Promise<Delivered> {
  const { call, route, state, signal, record } = input
  const lease = openLease(state)
  let exchange: UpstreamExchange | undefined
  const abort = (reason: Error) => exchange?.abort(reason)
  const onAbort = () => abort(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
  const limits = new AttemptLimits({
    timeouts: route.policy.timeouts,
    now: ports.now,
    clock: ports.clock,
    abort,
    onStall: () => input.client.cut(),
  })
  try {
    const { backend } = state.instance
    const told = backend.adapter.inlinePictures ? await withPictures(call, { backend, fetch: ports.fetchPicture, signal }) : call
    const request = encode(told, state.instance, input.client)
    if (request === undefined) return { kind: 'failed', failure: protocolFailure('the adapter has no path for this endpoint') }
    const degraded = degradedIn(told, state.instance)
    if (degraded.length > 0) record.degraded = degraded
    exchange = ports.open({ ...request, onConnected: () => limits.connected(call.kind === 'json' && call.stream) })
    limits.sent()
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    const head = await exchange.head
    const arrived = () => {
      record.arrivedAt = ports.now()
    }
    arrived()
    record.status = head.status
    const translation = translationFor(call, { instance: state.instance, route, nowMs: ports.wallClock() })
    const delivered = await deliver({ ...input, exchange, head, limits, translation, arrived }, ports)
    record.outcome = outcomeOf(delivered)
    return delivered
  } catch (error) {
    const failure = failureOf(error)
    record.outcome = failure.outcome
    return { kind: 'failed', failure }
  } finally {
    limits.stop()
    signal.removeEventListener('abort', onAbort)
    lease.close()
    const endedAt = ports.now()
    record.durationMs = endedAt - record.sentAt
    if (record.outcome !== 'ok') record.arrivedAt = endedAt
    if (exchange?.over === false) letGo(exchange)
  }
}

function outcomeOf(delivered: Delivered): string {
  return failureIn(delivered)?.outcome ?? 'ok'
}

async function deliver(delivery: Delivery, ports: RelayPorts): Promise<Delivered> {
  const { head, call } = delivery
  if (head.status < 200 || head.status >= 300) return refused(delivery, ports)
  const encoding = head.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity')
    return { kind: 'failed', failure: protocolFailure(`an answer encoded as ${String(encoding)}`) }
  if (head.status === 204 || head.status === 205)
    return { kind: 'failed', failure: protocolFailure(`status ${head.status} in place of an answer`) }
  if (wantsStream(call) && call.endpoint.stream !== 'none') return deliverStream(delivery)
  if (call.endpoint.answer === 'bytes') return deliverBytes(delivery)
  const format = call.kind === 'upload' ? call.upload.fields.get('response_format') : undefined
  return format === 'text' || format === 'srt' || format === 'vtt' ? deliverText(delivery) : deliverJson(delivery)
}

async function refused({ head, call, exchange, state, translation }: Delivery, ports: RelayPorts): Promise<Delivered> {
  const { backend } = state.instance
  const body = withoutKey(await collect(exchange, ERROR_BODY_BYTES, 'cut'), backend)
  const said = (translation?.codec.decodeError ?? readUpstreamError)(head.status, body)
  const { statusAs, codeAs } = backend.adapter
  const context = { statusAs, codeAs, now: ports.wallClock(), forLog: (text: string) => withoutEcho(text, call) }
  return { kind: 'failed', failure: failureOfStatus(head, said, context) }
}

/** Reads on what little may be left, so that the connection can serve again; aborts when it is more than that. */
function letGo(exchange: UpstreamExchange): void {
  const giveUp = () => exchange.abort(new Error('the rest of the answer is not needed'))
  const timer = setTimeout(giveUp, LET_GO_MS)
  const drain = async () => {
    let left = ERROR_BODY_BYTES
    for (;;) {
      const chunk = await exchange.read()
      if (chunk === undefined) return
      left -= chunk.length
      if (left < 0) return giveUp()
    }
  }
  drain()
    .catch(() => {})
    .finally(() => clearTimeout(timer))
}
