import { isCodecLoaded, loadCodec } from '../adapters/codecs/codec-of.ts'
import { CodecMismatch } from '../adapters/codecs/codec.ts'
import type { Call } from '../endpoints/call.ts'
import type { NativeForm } from '../endpoints/native-form.ts'
import { embeddingParts } from '../endpoints/embedding-parts.ts'
import type { Usage } from '../endpoints/usage.ts'
import type { AttemptRecord } from '../telemetry/request-record.ts'
import type { UpstreamExchange, UpstreamHead, UpstreamRequest } from '../upstream/port.ts'
import type { ClientPort } from './client-port.ts'
import { carryTrace } from './carry-trace.ts'
import { deliver, deliverParts } from './deliver.ts'
import { goingOn } from './going-on.ts'
import { degradedIn, encode, encodeNative } from './encode.ts'
import { failureOf, type Failure } from './failure.ts'
import { openLease } from './lease.ts'
import type { RelayPorts } from './ports.ts'
import type { Resumption } from './resumption.ts'
import type { InstanceState } from './route-states.ts'
import { withPictures } from './pictures.ts'
import { AttemptLimits } from './time-limits.ts'
import { translationFor, type Translation } from './translation.ts'
import type { Instance, Route } from '../config/snapshot.ts'

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
  /** Set where the backend's answer goes through in the client's own dialect. */
  readonly native: NativeForm | undefined
  readonly client: ClientPort
  /** The client as the answer is to be written to: in its own dialect where that goes through. */
  readonly sink: ClientPort
  /** What the client has of the answer; undefined where a broken stream is not to be completed. */
  readonly resumption: Resumption | undefined
  /** The answer goes on from what the client has; otherwise one that completes it says that again. */
  readonly goesOn: boolean
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

/** What is read on for at most, so that a connection can serve again. */
const LEFT_BYTES = 64 * 1024
/** How long the rest of an answer nobody needs may take before its connection is given up. */
const LET_GO_MS = 500

/** One upstream call, from lease to release. Never throws. */
export async function attempt(input: AttemptInput, ports: RelayPorts): Promise<Delivered> {
  const { call, route, state, client, signal, record, resumption, headers } = input
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
    const { wire } = backend.adapter
    if (!isCodecLoaded(wire)) await loadCodec(wire)
    const passed = passedThrough(input)
    const further = input.client.started ? goingOn(call, backend.adapter, input.resumption) : undefined
    const asked = further ?? call
    const told =
      backend.adapter.inlinePictures && passed === undefined
        ? await withPictures(asked, { backend, fetch: ports.fetchPicture, signal })
        : asked
    signal.addEventListener('abort', onAbort, { once: true })
    const begin = async (part: Call): Promise<Delivery> => {
      const request = requestFor(part, input, passed)
      const degraded = passed === undefined ? degradedIn(part, state.instance) : []
      if (degraded.length > 0) record.degraded = degraded
      const onConnected = () => {
        record.connectedAt = ports.now()
        limits.connected(call.kind === 'json' && call.stream)
      }
      exchange = ports.open({ ...request, onConnected })
      limits.sent()
      if (signal.aborted) onAbort()
      const head = await exchange.head
      const arrived = () => {
        record.arrivedAt = ports.now()
      }
      arrived()
      record.headersAt = record.arrivedAt
      record.status = head.status
      const translation = translationFor(part, { instance: state.instance, route, nowMs: ports.wallClock() })
      const sink = passed?.sink ?? input.client
      return {
        call: part,
        route,
        state,
        client,
        resumption,
        headers,
        exchange,
        head,
        limits,
        translation,
        native: passed?.native,
        sink,
        goesOn: further !== undefined,
        arrived,
      }
    }
    const parts = told.kind === 'json' && passed === undefined ? embeddingParts(told, backend.adapter.embeddingBatchMax) : [told]
    const delivered = await (parts.length > 1 ? deliverParts(parts, begin, ports) : deliver(await begin(told), ports))
    record.outcome = outcomeOf(delivered)
    if (delivered.kind !== 'failed') record.usage = delivered.usage
    return delivered
  } catch (error) {
    const failure = failureOf(error)
    record.outcome = failure.outcome
    return { kind: 'failed', failure }
  } finally {
    limits.stop()
    signal.removeEventListener('abort', onAbort)
    lease.close()
    noteEnd(record, limits, ports.now())
    if (exchange?.over === false && record.outcome === 'content_blocked') exchange.abort(new Error('the answer was blocked'))
    else if (exchange?.over === false) letGo(exchange)
  }
}

function noteEnd(record: AttemptRecord, { gaps }: AttemptLimits, endedAt: number): void {
  if (gaps !== undefined) record.gaps = gaps
  record.durationMs = endedAt - record.sentAt
  if (record.outcome !== 'ok') record.arrivedAt = endedAt
}

interface Passed {
  readonly native: NativeForm
  readonly path: string
  readonly sink: ClientPort
}

/** What goes out, with its place in the trace. */
function requestFor(part: Call, { state: { instance }, client, record }: AttemptInput, passed: Passed | undefined): UpstreamRequest {
  const request = passed === undefined ? encode(part, instance, client) : encodeNative(passed.native, passed.path, { instance, client })
  if (request === undefined) throw new CodecMismatch('the adapter has no path for this endpoint')
  if (record.span !== undefined) carryTrace(request.headers, record.span)
  return request
}

/**
 * The request as its client wrote it, and the client as it reads, where the backend speaks that dialect itself. Not
 * where a broken stream is to be completed, or the reasoning to be moved: only in canonical ones that can be done.
 */
function passedThrough(input: AttemptInput): Passed | undefined {
  const { client, resumption } = input
  if (client.native === undefined || resumption !== undefined || client.started) return undefined
  const passing = nativeFor(input.call, input.route, input.state.instance)
  return passing === undefined ? undefined : { ...passing, sink: client.native }
}

/** The request in its client's own dialect, and the path for it at a backend that speaks that dialect. */
export function nativeFor(call: Call, route: Route, { backend }: Instance): { native: NativeForm; path: string } | undefined {
  const native = call.kind === 'json' ? call.native : undefined
  if (native === undefined) return undefined
  if (route.policy.emitReasoning !== 'as-is') return undefined
  const path = backend.adapter.native[native.dialect]
  return path === undefined ? undefined : { native, path }
}

function outcomeOf(delivered: Delivered): string {
  return failureIn(delivered)?.outcome ?? 'ok'
}

/** Reads on what little may be left, so that the connection can serve again; aborts when it is more than that. */
function letGo(exchange: UpstreamExchange): void {
  const giveUp = () => exchange.abort(new Error('the rest of the answer is not needed'))
  const timer = setTimeout(giveUp, LET_GO_MS)
  const drain = async () => {
    let left = LEFT_BYTES
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
