import { chatsOf, type Bench } from './bench.ts'
import { SIMULATED_MODEL } from './conversation.ts'
import type { Mode } from './heard.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { shortened } from './time-scale.ts'
import type { Simulator } from '../simulator/simulator.ts'

/** Which servers are ill, and for how long they were. */
export interface Illness {
  /** The one that was asked first; undefined before that, and where all are ill. */
  readonly first: Simulator | undefined
  readonly ill: readonly Simulator[]
  readonly from: number
  readonly to: number
  /** All are well from now on, with what is wrong with the others too. */
  end(): void
}

/** Longer than any scenario takes. */
const WATCHED_FOR_MS = 600_000

/** Makes servers ill as the scenario says. Which is asked first is the balancer's choice, so all of them are until one was. */
export function fallIll(bench: Bench, scenario: Scenario, { mode, speed }: { mode: Mode; speed: number }): Illness {
  const { pool, spare } = bench
  const fault = scenario.fault(mode, (milliseconds) => shortened(milliseconds, speed))
  let first: Simulator | undefined
  let to = Infinity
  const from = Date.now()
  for (const server of pool) server.setFault(SIMULATED_MODEL, fault)
  for (const server of spare) server.setFault(SIMULATED_MODEL, scenario.others)
  const settle = (asked: Simulator | undefined) => {
    if (first !== undefined || to !== Infinity || asked === undefined) return
    first = asked
    for (const server of pool) if (server !== asked) server.setFault(SIMULATED_MODEL, scenario.others)
  }
  // A request is seen before it is answered: nobody else has been asked by then.
  if (scenario.strikes === 'first-asked') {
    if (pool.length === 1) settle(pool[0])
    for (const server of pool.length === 1 ? [] : pool) {
      const isAsked = () => to !== Infinity || first !== undefined || chatsOf(server).length > 0
      server.waitFor(isAsked, WATCHED_FOR_MS).then(
        () => settle(chatsOf(server).length > 0 ? server : undefined),
        () => {},
      )
    }
  }
  return {
    get first() {
      return first
    },
    get ill() {
      return scenario.strikes === 'all' ? pool : first === undefined ? [] : [first]
    },
    from,
    get to() {
      return to
    },
    end() {
      if (to === Infinity) to = Date.now()
      for (const server of [...pool, ...spare]) server.setFault(SIMULATED_MODEL, undefined)
    },
  }
}
