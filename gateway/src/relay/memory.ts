import type { LimitRule, Snapshot } from '../config/snapshot.ts'
import { createStateTable, type StateTable } from '../lib/state-table.ts'
import { AnswerMemory } from './answer-memory.ts'
import { DeadlineClock } from './deadline-clock.ts'
import { LimitStates } from './limit-states.ts'
import { isLasting, stateName } from './route-states.ts'
import { OpenShadows } from './shadow.ts'
import { createSharedCalls, type SharedCalls } from './shared-call.ts'
import { WaitingRooms } from './waiting-room.ts'

/** All that is remembered at run time, apart from what a single request holds. */
export interface Memory {
  readonly table: StateTable
  readonly limits: LimitStates
  readonly answers: AnswerMemory
  readonly calls: SharedCalls
  readonly clock: DeadlineClock
  readonly waiting: WaitingRooms
  readonly shadows: OpenShadows
  /** Open leases of a backend. */
  readonly inFlightOf: (backendId: string) => number
  /** Another config is in force: what belongs to nothing in it is forgotten. */
  readonly retain: (snapshot: Snapshot) => void
}

/** `now` is monotonic milliseconds. */
export function createMemory(now: () => number): Memory {
  const table = createStateTable()
  const limits = new LimitStates()
  const answers = new AnswerMemory()
  const clock = new DeadlineClock(now)
  const waiting = new WaitingRooms({ now, clock })
  return {
    table,
    limits,
    answers,
    calls: createSharedCalls(),
    clock,
    waiting,
    shadows: new OpenShadows(),
    inFlightOf: (backendId) => table.peek(stateName.backendInFlight(backendId))?.[0] ?? 0,
    retain(snapshot) {
      table.sweep(keptBy(snapshot, table))
      limits.retain(new Set(limitRulesOf(snapshot).map(({ id }) => id)))
      answers.retain(snapshot)
      waiting.retain(snapshot)
    },
  }
}

/** Every limit of the config; those that several routes share come once for each. */
export function limitRulesOf({ routes, auth, backends }: Snapshot): readonly LimitRule[] {
  const all = [...routes.values()].flatMap((byName) => [...byName.values()])
  return [
    ...all.flatMap(({ limits, instanceLimits }) => [...limits, ...instanceLimits]),
    ...[...auth.keys.values()].flatMap(({ limits }) => limits),
    ...[...backends.values()].flatMap(({ limits }) => limits),
  ]
}

/** State of what left the config is forgotten, but for the counts of open leases: who comes back is still as busy as it was, and as disabled. */
function keptBy(snapshot: Snapshot, table: StateTable): (name: string) => boolean {
  const names = new Set<string>()
  for (const id of snapshot.backends.keys())
    names.add(stateName.health(id)).add(stateName.backendInFlight(id)).add(stateName.credential(id))
  for (const routes of snapshot.routes.values()) {
    for (const route of routes.values()) {
      names.add(stateName.retries(route)).add(stateName.hedges(route)).add(stateName.firstTokens(route))
      for (const instance of route.instances) {
        names.add(stateName.inFlight(instance.id)).add(stateName.balance(route, instance)).add(stateName.latency(instance.id))
        names.add(stateName.breaker(instance.id)).add(stateName.pause(instance.id)).add(stateName.override(instance.id))
      }
    }
  }
  return (name) => names.has(name) || (isLasting(name) && table.peek(name)?.[0] !== 0)
}
