import { hash32 } from '../lib/hash.ts'
import type { KeyRecord, Route, Snapshot } from '../config/snapshot.ts'
import type { Call } from '../endpoints/call.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { AttemptRecord, RequestRecord } from '../telemetry/request-record.ts'
import { admit, type Admission } from './admission.ts'
import { attempt, type Delivered } from './attempt.ts'
import type { ClientPort } from './client-port.ts'
import { failureOf, type Failure } from './failure.ts'
import { judge, permitOf } from './judge.ts'
import { planNext, type NoPlan } from './plan.ts'
import type { RelayPorts } from './ports.ts'
import { resolveRoute, RETRY_AFTER_SECONDS } from './resolve.ts'
import { pause, Retries, waitBefore } from './retry.ts'
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
  const admission = admit({ call, route, key: input.key, address: input.client.address }, ports.limits, ports.now())
  const { total } = route.policy.timeouts
  const limit = new TotalLimit({ total, startedAt: input.startedAt, cancel })
  ports.clock.add(limit)
  const retries = new Retries(ports.table, route)
  let answered = false
  try {
    if (admission !== undefined && admission.waitMs > 0) await pause(admission.waitMs, cancel.signal)
    if (cancel.signal.aborted) throw failureOf(cancel.signal.reason).error
    const delivered = await askUntilAnswered(input, { route, retries, admission }, ports)
    if (delivered.kind === 'failed') throw delivered.failure.error
    answered = true
    record.usage = delivered.usage
    record.status = 200
    if (delivered.broken !== undefined) noteBroken(record, delivered.broken)
  } finally {
    ports.clock.remove(limit)
    retries.close()
    admission?.settle({ sent: record.attempts.length > 0, answered, usage: record.usage }, ports.now())
  }
}

/** Retries only while the client has received nothing. */
async function askUntilAnswered(
  input: RelayInput,
  { route, retries, admission }: { route: Route; retries: Retries; admission: Admission | undefined },
  ports: RelayPorts,
): Promise<Delivered> {
  const { call, client, cancel, record } = input
  const states = ports.states.of(route, call.endpoint.id)
  if (states.length === 0 && route.instances.length > 0) throw noSuchEndpoint(call, route)
  const { policy } = route
  const tried = new Set<InstanceState>()
  const hash = hash32(stickyKey(policy, call, client))
  let last: Failure | undefined
  let patienceMs = policy.retry.maxWaitMs
  for (;;) {
    const plan = planNext(states, { policy, tried, hash, now: ports.now(), random: ports.random })
    if (plan.kind !== 'chosen') {
      const waitMs = waitBefore(plan, { patienceMs, last, attempts: record.attempts.length, now: ports.now(), random: ports.random })
      if (waitMs === undefined) return { kind: 'failed', failure: last ?? nobody(plan, route, ports.now()) }
      patienceMs -= waitMs
      await pause(waitMs, cancel.signal)
      if (cancel.signal.aborted) return { kind: 'failed', failure: failureOf(cancel.signal.reason) }
      // Nobody else is left: those that were asked may be asked again.
      tried.clear()
      continue
    }
    const { state } = plan
    tried.add(state)
    const permit = permitOf(state, ports)
    const release = state.takeLimits(ports.now())
    const attemptRecord = beginAttempt(state, ports.now())
    record.attempts.push(attemptRecord)
    const headers = () => ({ ...noteBeginning(input, state, ports), ...admission?.headers(ports.now()) })
    const delivered = await attempt({ call, route, state, client, signal: cancel.signal, record: attemptRecord, headers }, ports)
    release()
    const failure = delivered.kind === 'failed' ? delivered.failure : delivered.broken
    judge({ state, pool: states, permit, record: attemptRecord, failure }, ports)
    retries.note(failure)
    if (delivered.kind === 'answered') return delivered
    last = delivered.failure
    const replayable = call.kind === 'json' || call.upload.replayable
    if (!last.retry || !replayable || client.started || cancel.signal.aborted) return delivered
    if (!retries.allow(last, { attempts: record.attempts.length, now: ports.now() })) return delivered
  }
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

/** What a client reads when there is no instance to ask, with the time from which it is worth to come back. */
function nobody(plan: NoPlan, { model }: Route, now: number): Failure {
  return { ...failureOf(noInstance(plan, model, now)), outcome: plan.kind }
}

function noInstance(plan: NoPlan, model: string, now: number): GatewayError {
  switch (plan.kind) {
    case 'busy':
      return new GatewayError('overloaded', `Every instance of "${model}" is at its concurrency limit`, { retryAfterSeconds: 1 })
    case 'paused':
      return new GatewayError('rate_limit_exceeded', `Every instance of "${model}" is rate limited by its provider`, {
        retryAfterSeconds: secondsUntil(plan.until, now),
      })
    case 'limited':
      return new GatewayError('rate_limit_exceeded', `Every instance of "${model}" is at its own limit`, {
        retryAfterSeconds: secondsUntil(plan.until, now),
      })
    case 'open':
      return new GatewayError('circuit_open', `Every instance of "${model}" has failed too often and is left alone for a while`, {
        retryAfterSeconds: secondsUntil(plan.until, now),
      })
    case 'down':
    case 'exhausted':
      return new GatewayError('no_healthy_instance', `No instance of "${model}" can serve at the moment`, {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      })
  }
}

function secondsUntil(until: number, now: number): number {
  return Math.max(1, Math.ceil((until - now) / 1_000))
}
