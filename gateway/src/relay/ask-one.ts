import type { AttemptReason } from '@jairouter/contract/management/reasons'
import type { Route } from '../config/snapshot.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { Failure } from './failure.ts'
import type { AttemptRecord, RequestRecord } from '../telemetry/request-record.ts'
import { attempt, failureIn, type Delivered } from './attempt.ts'
import type { AnswerHeaders, ClientPort } from './client-port.ts'
import { guardedFailures } from './guarded-failure.ts'
import type { Question } from './ask.ts'
import { judge, permitOf } from './judge.ts'
import type { RelayPorts } from './ports.ts'
import type { RelayInput } from './relay.ts'
import type { InstanceState } from './route-states.ts'

export interface OneCall {
  readonly question: Question
  /** All instances of the route. */
  readonly states: readonly InstanceState[]
  /** The one that is asked. */
  readonly state: InstanceState
  /** Whom its answer goes to. */
  readonly client: ClientPort
  readonly signal: AbortSignal
  readonly why: AttemptReason
  /** Waited before it. */
  readonly backOffMs: number
}

/** One call to one instance, with all that is taken for it and given back, and what it says of the instance. */
export async function askOne(
  input: RelayInput,
  { question, states, state, client, signal, why, backOffMs }: OneCall,
  ports: RelayPorts,
): Promise<Delivered> {
  const { route, admission, marks, resumption } = question
  const permit = permitOf(state, ports)
  const release = state.takeLimits(ports.now())
  const record = beginAttempt(state, { route, why, backOffMs, now: ports.now(), request: input.record })
  input.record.attempts.push(record)
  const headers = () => Object.assign(noteBeginning(input, state, ports), marks, admission?.headers(ports.now()))
  const given = await attempt({ call: input.call, route, state, client, signal, record, resumption, headers }, ports)
  const delivered = input.content === undefined ? given : guardedFailures(given, input.content.rules)
  release()
  const failure = failureIn(delivered)
  if (failure !== undefined) noteFailure(record, failure)
  judge({ state, pool: states, permit, record, failure }, ports)
  ports.waiting.callEnded()
  return delivered
}

export function beginAttempt(
  { instance }: InstanceState,
  {
    route,
    why,
    backOffMs,
    now,
    request,
  }: Pick<OneCall, 'why' | 'backOffMs'> & {
    readonly route: Pick<Route, 'model'>
    readonly now: number
    readonly request: RequestRecord
  },
): AttemptRecord {
  return {
    span: request.trace?.startAttempt(request, instance.backend),
    model: route.model,
    backend: instance.backend.id,
    instance: instance.id,
    upstreamModel: instance.model,
    sentAt: now,
    arrivedAt: now,
    why,
    connectedAt: Number.NaN,
    headersAt: Number.NaN,
    backOffMs,
    code: undefined,
    unsent: false,
    outcome: 'internal_error',
    status: undefined,
    durationMs: 0,
    usage: undefined,
  }
}

export function noteFailure(record: AttemptRecord, { error, unsent }: Failure): void {
  // A backend's own code is its own text.
  record.code = error instanceof GatewayError ? error.code : 'upstream_rejected'
  record.unsent = unsent
}

/** The answer begins now: how long it took, how much of that was the gateway's own time, and the headers that say so. */
export function noteBeginning(input: RelayInput, state: InstanceState, ports: RelayPorts): AnswerHeaders {
  const { record } = input
  const elapsed = ports.now() - input.startedAt
  const waited = record.attempts.reduce((sum, { sentAt, arrivedAt }) => sum + arrivedAt - sentAt, 0)
  record.firstByteMs = elapsed
  record.overheadMs = Math.max(0, elapsed - waited - record.pausedMs)
  if (!input.snapshot.server.exposeRouting) return {}
  return {
    'x-jairouter-backend': state.instance.backend.id,
    'x-jairouter-model': encodeURI(state.instance.model.toWellFormed()),
    'x-jairouter-attempts': String(record.attempts.length),
    'x-jairouter-overhead-ms': record.overheadMs.toFixed(2),
  }
}
