import { hash32 } from '../lib/hash.ts'
import type { Route } from '../config/snapshot.ts'
import type { Admission } from './admission.ts'
import { failureIn, type Delivered, type Unanswered } from './attempt.ts'
import type { AnswerHeaders } from './client-port.ts'
import { failureOf, UNSAYABLE, type Failure } from './failure.ts'
import { askHedged, type HedgedCall } from './hedge.ts'
import { notePlan } from './note-plan.ts'
import { noSuchEndpoint, nobody } from './no-instance.ts'
import { chargeService, PlaceInQueue } from './place-in-queue.ts'
import { couldTake, planNext } from './plan.ts'
import type { RelayPorts } from './ports.ts'
import type { RelayInput } from './relay.ts'
import type { Resumption } from './resumption.ts'
import { EARNING_MS, pause, Retries, waitBefore } from './retry.ts'
import type { InstanceState } from './route-states.ts'
import { stickyKey } from './sticky-key.ts'

/** A route to be asked, and what its answers are marked with. */
export interface Question {
  readonly route: Route
  readonly admission: Admission | undefined
  readonly resumption: Resumption | undefined
  /** Beside the routing headers. */
  readonly marks: AnswerHeaders
  /** Asked because another model could not answer. */
  readonly isFallback?: true
  /** How one instance is asked; a call with one answer where this says nothing. */
  readonly askInstance?: AskInstance
}

export type AskInstance = (input: RelayInput, call: HedgedCall, ports: RelayPorts) => Promise<Delivered>

/** Asks the instances of one route until one answers. Another try is made only while that can do the client any good. */
export async function ask(input: RelayInput, question: Question, ports: RelayPorts): Promise<Delivered> {
  const retries = new Retries(ports.table, question.route)
  try {
    const delivered = await askInTurn(input, { question, retries }, ports)
    chargeService(input, { route: question.route, delivered }, ports)
    return delivered
  } finally {
    retries.close()
  }
}

async function askInTurn(
  input: RelayInput,
  { question, retries }: { question: Question; retries: Retries },
  ports: RelayPorts,
): Promise<Delivered> {
  const { call, client, cancel, record } = input
  const { route } = question
  const states = ports.states.of(route, call.endpoint.id)
  if (states.length === 0 && route.instances.length > 0) throw noSuchEndpoint(call, route)
  const { policy } = route
  const tried = new Set<InstanceState>()
  const place = new PlaceInQueue(input, { route, states, tried }, ports)
  const hash = hash32(stickyKey(policy, call, client))
  // A fallback's attempts are its own.
  const earlier = record.attempts.length
  let last: Failure | undefined
  const unanswered = (failure: Failure): Unanswered =>
    client.started ? { kind: 'interrupted', failure, usage: undefined } : { kind: 'failed', failure }
  const another = (): InstanceState | undefined => {
    const now = ports.now()
    notePlan(record, { route, states, tried, now })
    const plan = planNext(states, { policy, tried, hash, now, random: ports.random })
    if (plan.kind !== 'chosen') return undefined
    tried.add(plan.state)
    return plan.state
  }
  let patienceMs = policy.retry.maxWaitMs
  let backOffMs = 0
  for (;;) {
    const attempts = record.attempts.length - earlier
    const now = ports.now()
    const plan = planNext(states, { policy, tried, hash, now, random: ports.random })
    if (plan.kind !== 'chosen' || record.attempts.length > 0 || record.traced !== undefined) notePlan(record, { route, states, tried, now })
    if (place.mustWait(plan)) {
      const failure = await place.wait()
      if (failure !== undefined) return unanswered(failure)
      continue
    }
    if (plan.kind !== 'chosen') {
      const waitMs = waitBefore(plan, { patienceMs, last, attempts, now: ports.now(), random: ports.random })
      if (waitMs === undefined) return unanswered(last ?? nobody(plan, route, ports.now()))
      patienceMs -= waitMs
      backOffMs += waitMs
      await waitFor(waitMs, input, ports)
      if (cancel.signal.aborted) return unanswered(failureOf(cancel.signal.reason))
      // Nobody else is left: those that were asked may be asked again.
      tried.clear()
      continue
    }
    tried.add(plan.state)
    const askInstance = question.askInstance ?? askHedged
    const why = attempts > 0 ? 'retry' : question.isFallback === true ? 'fallback' : 'first'
    const given = await askInstance(input, { question, states, state: plan.state, another, why, backOffMs }, ports)
    backOffMs = 0
    // Another call's part is with the client already: whatever happened to this one, the answer is begun.
    const delivered = given.kind === 'failed' ? unanswered(given.failure) : given
    retries.note(failureIn(delivered))
    if (delivered.kind === 'answered') return delivered
    const { failure } = delivered
    const unsayable = failure.outcome === UNSAYABLE
    if (unsayable) markAlike(plan.state, { states, tried })
    // What kept those from answering who could have been asked says more.
    const told = unsayable && last !== undefined ? unanswered(last) : delivered
    last = told.failure
    const replayable = call.kind === 'json' || call.upload.replayable
    if (!failure.retry || !replayable || cancel.signal.aborted) return told
    const asked = attempts + 1
    if (retries.allow(failure, { attempts: asked, now: ports.now() })) continue
    if (!retries.mayBeEarned(asked) || !couldTake(states, tried, ports.now())) return told
    backOffMs = EARNING_MS
    await waitFor(EARNING_MS, input, ports)
    if (cancel.signal.aborted || !retries.allow(failure, { attempts: asked, now: ports.now() })) return told
  }
}

/** What one could not be asked for want of words, the others of the same wire format can't either. */
export function markAlike(state: InstanceState, { states, tried }: { states: readonly InstanceState[]; tried: Set<InstanceState> }): void {
  const { wire } = state.instance.backend.adapter
  for (const other of states) if (other.instance.backend.adapter.wire === wire) tried.add(other)
}

/** Not the gateway's own time in the books. */
export async function waitFor(milliseconds: number, { cancel, record }: RelayInput, ports: RelayPorts): Promise<void> {
  const from = ports.now()
  await pause(milliseconds, cancel.signal)
  record.pausedMs += ports.now() - from
}
