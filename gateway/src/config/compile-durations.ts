import type { Config, PolicyConfig } from '@jairouter/contract/config'
import type { Report } from './compile-problem.ts'

type Path = readonly (string | number)[]

/** Node's timers count in 31 bits and fire at once beyond; 596 hours are the last whole ones below. */
const LONGEST_HOURS = 596
const LONGEST_MS = LONGEST_HOURS * 3_600_000
/** Of what repeats: shorter pauses would keep the process busy with nothing else. */
const SHORTEST_PAUSE_MS = 10

/** Bounds that the schema cannot say of a duration, since it sees text. */
export function checkDurations(config: Config, report: Report): void {
  const check = createCheck(report)
  check(['server', 'drain', 'accept'], config.server.drain.accept, 0)
  check(['server', 'drain', 'grace'], config.server.drain.grace, 0)
  for (const [index, { refresh, health }] of config.backends.entries()) {
    check(['backends', index, 'refresh'], refresh, SHORTEST_PAUSE_MS)
    check(['backends', index, 'health', 'interval'], health.interval, SHORTEST_PAUSE_MS)
    check(['backends', index, 'health', 'timeout'], health.timeout, 1)
  }
  checkPolicy(['defaults'], config.defaults, check)
  for (const [service, policy] of Object.entries(config.services)) checkPolicy(['services', service], policy, check)
  for (const [index, model] of config.models.entries()) checkPolicy(['models', index], model, check)
}

type Check = (path: Path, ms: number | undefined, leastMs: number) => void

function createCheck(report: Report): Check {
  return (path, ms, leastMs) => {
    if (ms === undefined || (ms >= leastMs && ms <= LONGEST_MS)) return
    report(path, `expected a duration from ${leastMs}ms to ${LONGEST_HOURS}h`)
  }
}

function checkPolicy(path: Path, policy: PolicyConfig, check: Check): void {
  for (const [name, ms] of Object.entries(policy.timeouts ?? {})) check([...path, 'timeouts', name], ms, 1)
  check([...path, 'slowStart'], policy.slowStart, 0)
}
