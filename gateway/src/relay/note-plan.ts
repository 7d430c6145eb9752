import { SERVICE_OF_ENDPOINT } from '@jairouter/contract/names'
import type { Route, Snapshot } from '../config/snapshot.ts'
import type { CandidateNote, PlanNote, RequestRecord } from '../telemetry/request-record.ts'
import { barOf, type PlanInput } from './plan.ts'
import { REASON_OF_BAR } from './reason-of-bar.ts'
import type { InstanceState, RouteStates } from './route-states.ts'

/** More say nothing new. */
const MOST_PLANS = 16
const MOST_CANDIDATES = 64

interface Planned extends Pick<PlanInput, 'tried' | 'now'> {
  readonly route: Route
  readonly states: readonly InstanceState[]
}

/** Takes down how the instances stand; only for requests of which something is to be said: it costs an object for each. */
export function notePlan(record: RequestRecord, planned: Planned): void {
  record.plans ??= []
  if (record.plans.length < MOST_PLANS) record.plans.push(planOf(planned))
}

/** How the instances stand for a request that has just ended; undefined where its model is not known any more. */
export function standingAfter(
  record: RequestRecord,
  { snapshot, states, now }: { readonly snapshot: Snapshot; readonly states: RouteStates; readonly now: number },
): PlanNote | undefined {
  const { endpoint, model } = record
  const route = model === undefined ? undefined : snapshot.routes.get(SERVICE_OF_ENDPOINT[endpoint])?.get(model)
  return route === undefined ? undefined : planOf({ route, states: states.of(route, endpoint), tried: NONE, now })
}

const NONE: ReadonlySet<InstanceState> = new Set()

function planOf({ route, states, tried, now }: Planned): PlanNote {
  return { at: now, model: route.model, candidates: states.slice(0, MOST_CANDIDATES).map((state) => noteOf(state, { tried, now })) }
}

function noteOf(state: InstanceState, asked: Pick<PlanInput, 'tried' | 'now'>): CandidateNote {
  const bar = barOf(state, asked)
  return { instance: state.instance.id, reason: bar === undefined ? null : REASON_OF_BAR[bar], inFlight: state.inFlight }
}
