import type { Effect, Replay } from '@jairouter/contract/management/effect'
import type { LimitRule, Snapshot } from '../config/snapshot.ts'
import type { Explain } from '../http/explain-request.ts'
import { createFronts } from '../http/front/fronts.ts'
import { standingAfter } from '../relay/note-plan.ts'
import { createRouteStates, stateName, type RouteStates } from '../relay/route-states.ts'
import { MemoryResponses } from '../store/memory-responses.ts'
import { TraceKeeper } from '../telemetry/trace-keeper.ts'
import type { Parts } from './parts.ts'

/** What such a change does, and where the last requests would go with it. */
export type EffectOf = (before: Snapshot, after: Snapshot) => Promise<{ readonly effect: Effect; readonly replay: Replay }>

export interface Lookout {
  readonly states: RouteStates
  readonly responses: MemoryResponses
  readonly traces: TraceKeeper
  readonly explain: Explain
  readonly effect: EffectOf
}

/** What is known of decisions: those that were made, and those that would be. The explainer is loaded once somebody asks. */
export function createLookout({ live, memory, now, budgets, door }: Pick<Parts, 'live' | 'memory' | 'now' | 'budgets' | 'door'>): Lookout {
  const states = createRouteStates(memory)
  // In memory, not in the store: they hold prompts and answers, last an hour, and are lost without harm. A store would keep
  // such texts on disk and in its backups, and each answer would cost a write.
  const responses = new MemoryResponses({ now, bounds: () => live.snapshot.server.responses })
  const traces = new TraceKeeper({
    settings: () => live.snapshot.explain,
    standing: (record) => standingAfter(record, { snapshot: live.snapshot, states, now: now() }),
    wallClock: Date.now,
    random: Math.random,
  })
  const explain: Explain = async (...asked) => {
    const { createExplainer } = await import('../http/explain-request.ts')
    const ports = { snapshot: () => live.snapshot, ...memory, budgets, door, now, wallClock: Date.now }
    return createExplainer({ ports, fronts: createFronts(responses) })(...asked)
  }
  const effect: EffectOf = async (before, after) => {
    const [{ effectOf }, { replay }] = await Promise.all([import('../config/effect.ts'), import('../config/replay.ts')])
    const inFlightOf = (id: string) => memory.table.peek(stateName.inFlight(id))?.[0] ?? 0
    const limitLevels = (rule: LimitRule) => memory.limits.mostUsed(rule, now())
    return { effect: effectOf(before, after, { inFlightOf, limitLevels }), replay: replay(traces.recent.all(), before, after) }
  }
  return { states, responses, traces, explain, effect }
}
