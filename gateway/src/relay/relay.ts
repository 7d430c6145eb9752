import { hash32 } from '../lib/hash.ts'
import type { KeyRecord, Route, Snapshot } from '../config/snapshot.ts'
import type { Call } from '../endpoints/call.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { AttemptRecord, RequestRecord } from '../telemetry/request-record.ts'
import { attempt, type Delivered } from './attempt.ts'
import type { ClientPort } from './client-port.ts'
import { failureOf, type Failure } from './failure.ts'
import { planNext } from './plan.ts'
import type { RelayPorts } from './ports.ts'
import { resolveRoute, RETRY_AFTER_SECONDS } from './resolve.ts'
import type { InstanceState } from './route-states.ts'
import { stickyKey } from './sticky-key.ts'
import { TotalLimit } from './time-limits.ts'

export interface RelayInput {
  readonly call: Call
  /** The key that authenticated the request; undefined where access is open. */
  readonly key: KeyRecord | undefined
  readonly snapshot: Snapshot
  readonly client: ClientPort
  /** Aborted when the client goes, or when the total limit is reached; its signal goes all the way to the socket of the backend. */
  readonly cancel: AbortController
  readonly record: RequestRecord
  /** Monotonic milliseconds at which the request came in. */
  readonly startedAt: number
}

/**
 * The story of one request after it was understood: find its route, ask instances until one answers, give the answer
 * on. Returns when the client has its answer; throws a ClientError if it has received nothing.
 */
export async function relay(input: RelayInput, ports: RelayPorts): Promise<void> {
  const { call, record, cancel } = input
  const route = resolveRoute(call, input.snapshot, input.key)
  record.model = route.model
  const { total } = route.policy.timeouts
  const limit = new TotalLimit({ total, startedAt: input.startedAt, cancel })
  ports.clock.add(limit)
  try {
    const delivered = await askUntilAnswered(input, route, ports)
    if (delivered.kind === 'failed') throw delivered.failure.error
    record.usage = delivered.usage
    record.status = 200
    if (delivered.broken !== undefined) noteBroken(record, delivered.broken)
  } finally {
    ports.clock.remove(limit)
  }
}

/** Retries only while the client has received nothing. */
async function askUntilAnswered(input: RelayInput, route: Route, ports: RelayPorts): Promise<Delivered> {
  const { call, client, cancel, record } = input
  const states = ports.states.of(route, call.endpoint.id)
  if (states.length === 0 && route.instances.length > 0) throw noSuchEndpoint(call, route)
  const tried = new Set<InstanceState>()
  const hash = hash32(stickyKey(route.policy, call, client))
  let last: Failure | undefined
  while (tried.size < route.policy.attempts) {
    const plan = planNext(states, { policy: route.policy, tried, hash, now: ports.now(), random: ports.random })
    if (plan.kind !== 'chosen') return { kind: 'failed', failure: last ?? nobody(plan.kind, route) }
    const { state } = plan
    tried.add(state)
    const attemptRecord = beginAttempt(state, ports.now())
    record.attempts.push(attemptRecord)
    const headers = () => noteBeginning(input, state, ports)
    const delivered = await attempt({ call, route, state, client, signal: cancel.signal, record: attemptRecord, headers }, ports)
    const failure = delivered.kind === 'failed' ? delivered.failure : delivered.broken
    reportHealth(state, failure, ports)
    if (delivered.kind === 'answered') return delivered
    last = delivered.failure
    const replayable = call.kind === 'json' || call.upload.replayable
    if (!last.retry || !replayable || client.started || cancel.signal.aborted) break
  }
  return { kind: 'failed', failure: last ?? nobody('down', route) }
}

function beginAttempt({ instance }: InstanceState, now: number): AttemptRecord {
  const names = { backend: instance.backend.id, instance: instance.id, upstreamModel: instance.model }
  return { ...names, sentAt: now, arrivedAt: now, outcome: 'internal_error', status: undefined, durationMs: 0 }
}

/** The answer begins now: how long it took, how much of that was the gateway's own time, and the headers that say so. */
function noteBeginning(input: RelayInput, state: InstanceState, ports: RelayPorts): Record<string, string> {
  const { record } = input
  const elapsed = ports.now() - input.startedAt
  const waited = record.attempts.reduce((sum, { sentAt, arrivedAt }) => sum + arrivedAt - sentAt, 0)
  record.firstByteMs = elapsed
  record.overheadMs = Math.max(0, elapsed - waited)
  if (!input.snapshot.server.exposeRouting) return {}
  return {
    'x-jairouter-backend': state.instance.backend.id,
    'x-jairouter-model': encodeURI(state.instance.model.toWellFormed()),
    'x-jairouter-attempts': String(record.attempts.length),
    'x-jairouter-overhead-ms': record.overheadMs.toFixed(2),
  }
}

function reportHealth(state: InstanceState, failure: Failure | undefined, ports: RelayPorts): void {
  const { id } = state.instance.backend
  if (failure === undefined) ports.reportHealth(id, 'ok')
  else if (failure.health !== 'none') ports.reportHealth(id, failure.health)
}

function noteBroken(record: RequestRecord, failure: Failure): void {
  record.code = failure.error.code
  record.cause = failure.error.cause
  if (failure.outcome === 'client_closed') record.status = failure.error.status
}

function noSuchEndpoint(call: Call, route: Route): GatewayError {
  return new GatewayError('invalid_request', `No model server of "${route.model}" offers ${call.endpoint.paths[0] ?? call.endpoint.id}`, {
    param: 'model',
  })
}

function nobody(kind: 'down' | 'busy' | 'exhausted', route: Route): Failure {
  const error =
    kind === 'busy'
      ? new GatewayError('overloaded', `Every instance of "${route.model}" is at its concurrency limit`, { retryAfterSeconds: 1 })
      : new GatewayError('no_healthy_instance', `No instance of "${route.model}" can serve at the moment`, {
          retryAfterSeconds: RETRY_AFTER_SECONDS,
        })
  return { ...failureOf(error), outcome: kind }
}
