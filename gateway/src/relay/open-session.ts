import type { WebSocket } from 'ws'
import { breakerStatusOf } from '../breaker/breaker.ts'
import type { AttemptRecord } from '../telemetry/request-record.ts'
import { UpstreamFault } from '../upstream/upstream-fault.ts'
import { admit, type Admission } from './admission.ts'
import { beginAttempt, noteBeginning, noteFailure } from './ask-one.ts'
import { waitFor, type AskInstance } from './ask.ts'
import type { Delivered } from './attempt.ts'
import { askAlong } from './chain.ts'
import type { AnswerHeaders } from './client-port.ts'
import { notForSessions } from './content-blocked.ts'
import { rulesFor } from './content-guard.ts'
import { dialInstance } from './dial-instance.ts'
import type { SessionWishes } from './encode-session.ts'
import { failureOf, type Failure } from './failure.ts'
import { judge, permitOf } from './judge.ts'
import { openLease, type Lease } from './lease.ts'
import type { RelayPorts } from './ports.ts'
import type { RelayInput } from './relay.ts'
import { takePart } from './experiment.ts'
import { resolveRoute } from './resolve.ts'
import type { InstanceState } from './route-states.ts'
import { TotalLimit } from './time-limits.ts'

/** How a session ended: `closed` by either side as it should be, all others by what they say. */
export type SessionEnding = 'closed' | 'client_gone' | 'client_fault' | 'backend_gone' | 'backend_fault' | 'idle' | 'stopping'

/** Label of the attempt, and the code in the books; none where all went well. */
const ENDINGS: Readonly<Record<SessionEnding, { readonly outcome: string; readonly code?: string }>> = {
  closed: { outcome: 'ok' },
  client_gone: { outcome: 'client_closed', code: 'client_closed' },
  client_fault: { outcome: 'client_fault', code: 'session_fault' },
  backend_gone: { outcome: 'reset', code: 'stream_interrupted' },
  backend_fault: { outcome: 'protocol', code: 'stream_interrupted' },
  idle: { outcome: 'timeout_idle', code: 'session_idle' },
  stopping: { outcome: 'server_shutdown', code: 'server_shutdown' },
}

/** A session whose backend has accepted it. */
export interface OpenedSession {
  /** To the backend; paused. */
  readonly socket: WebSocket
  /** For the answer to the client. */
  readonly headers: AnswerHeaders
  /** To be called once, when `socket` is closed: gives back all that the session holds, and puts its end into the books. */
  end(ending: SessionEnding): void
}

/**
 * The story of a session until it stands: as that of any request, but that an instance has answered once it has
 * accepted the handshake. Throws a ClientError if none has.
 */
export async function openSession(input: RelayInput, wishes: SessionWishes, ports: RelayPorts): Promise<OpenedSession> {
  const { call, record, cancel } = input
  const found = resolveRoute(call, input.snapshot, input.key)
  record.model = found.model
  record.slow = found.policy.slow
  record.resolvedAt = ports.now()
  if (rulesFor(found, input.key) !== undefined) throw notForSessions(found.model)
  const route = found.experiment === undefined ? found : takePart(found.experiment, input, ports)
  const admission = admit(
    { call, route: found, key: input.key, address: input.client.address, budgets: ports.budgets },
    ports.limits,
    record.resolvedAt,
  )
  const limit = new TotalLimit({ total: route.policy.timeouts.total, startedAt: input.startedAt, cancel })
  ports.clock.add(limit)
  let held: Held | undefined
  const askInstance: AskInstance = async (input, { question, states, state, why, backOffMs }) => {
    const asked = await askForSession({ input, wishes, question, states, state, why, backOffMs }, ports)
    if ('kind' in asked) return asked
    held = asked
    return ACCEPTED
  }
  try {
    // A leaky bucket's turn.
    if (admission !== undefined && admission.waitMs > 0) await waitFor(admission.waitMs, input, ports)
    if (admission?.safe !== undefined) await admission.safe
    if (cancel.signal.aborted) throw failureOf(cancel.signal.reason).error
    const question = { route, admission, resumption: undefined, marks: {}, askInstance }
    const delivered = await askAlong(input, question, { remembered: undefined, ports })
    if (delivered.kind !== 'answered') throw delivered.failure.error
    if (held === undefined) throw new TypeError('a session was answered by something that is no instance')
    return sessionOf(held, { input, admission }, ports)
  } finally {
    ports.clock.remove(limit)
    if (held === undefined) admission?.settle({ sent: record.attempts.length > 0, answered: false, usage: undefined }, ports.now())
  }
}

const ACCEPTED: Delivered = { kind: 'answered', usage: undefined }

/** What a session holds of an instance while it is open. */
interface Held {
  readonly socket: WebSocket
  readonly headers: AnswerHeaders
  readonly state: InstanceState
  readonly pool: readonly InstanceState[]
  readonly record: AttemptRecord
  readonly lease: Lease
  readonly releaseLimits: () => void
}

interface Asking extends Pick<Parameters<AskInstance>[1], 'question' | 'states' | 'state' | 'why' | 'backOffMs'> {
  readonly input: RelayInput
  readonly wishes: SessionWishes
}

/** The breaker is told of the handshake at once: a probe is not to stand out for as long as a session may last. */
async function askForSession(
  { input, wishes, question, states, state, why, backOffMs }: Asking,
  ports: RelayPorts,
): Promise<Held | Delivered> {
  const permit = permitOf(state, ports)
  const releaseLimits = state.takeLimits(ports.now())
  const lease = openLease(state)
  const record = beginAttempt(state, { route: question.route, why, backOffMs, now: ports.now(), request: input.record })
  input.record.attempts.push(record)
  const result = await dialInstance({ input, wishes, route: question.route, state, span: record.span }, ports)
  const now = ports.now()
  record.arrivedAt = now
  record.durationMs = now - record.sentAt
  const failure = result.kind === 'failed' ? result.failure : undefined
  judge({ state, pool: states, permit, record, failure, timed: false }, ports)
  if (result.kind === 'failed') {
    record.outcome = result.failure.outcome
    noteFailure(record, result.failure)
    record.status = result.status
    giveBack({ lease, releaseLimits }, ports)
    return { kind: 'failed', failure: result.failure }
  }
  record.status = 101
  const headers = { ...noteBeginning(input, state, ports), ...question.marks, ...question.admission?.headers(now) }
  return { socket: result.socket, headers, state, pool: states, record, lease, releaseLimits }
}

function giveBack({ lease, releaseLimits }: Pick<Held, 'lease' | 'releaseLimits'>, ports: RelayPorts): void {
  releaseLimits()
  lease.close()
  ports.waiting.callEnded()
}

function sessionOf(
  held: Held,
  { input, admission }: { readonly input: RelayInput; readonly admission: Admission | undefined },
  ports: RelayPorts,
): OpenedSession {
  const { socket, headers, state, pool, record } = held
  return {
    socket,
    headers,
    end(ending) {
      const { outcome, code } = ENDINGS[ending]
      record.outcome = outcome
      record.durationMs = ports.now() - record.sentAt
      input.record.code = code
      giveBack(held, ports)
      admission?.settle({ sent: true, answered: true, usage: undefined }, ports.now())
      const failure = failureBy(ending)
      if (failure === undefined) return
      input.record.cause = failure.error.cause
      // Of an instance that is held out, or on probation, a session from before tells nothing new.
      if (breakerStatusOf(state.breaker) !== 'closed') return
      judge({ state, pool, permit: permitOf(state, ports), record, failure, timed: false }, ports)
    },
  }
}

/** What the end of a session says of its instance. */
function failureBy(ending: SessionEnding): Failure | undefined {
  if (ending === 'backend_gone') return failureOf(new UpstreamFault('reset', false, new Error('the connection of a session broke')))
  if (ending === 'backend_fault') return failureOf(new UpstreamFault('protocol', false, new Error('a session broke the protocol')))
  return undefined
}
