import type { BreakerConfig, Config, PolicyConfig } from '@jairouter/contract/config'
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
  check(['server', 'heartbeat'], config.server.heartbeat, 0)
  check(['server', 'responses', 'ttl'], config.server.responses.ttl, 0)
  check(['server', 'pictures', 'timeout'], config.server.pictures.timeout, 1)
  check(['server', 'overload', 'loopDelay'], config.server.overload.loopDelay, 1)
  check(['server', 'realtime', 'idle'], config.server.realtime.idle, 1)
  check(['auth', 'failures', 'window'], config.auth.failures.window, SHORTEST_PAUSE_MS)
  for (const [index, { refresh, health, breaker, limits }] of config.backends.entries()) {
    checkBreaker(['backends', index, 'breaker'], breaker, check)
    checkLimits(['backends', index, 'limits'], limits, check)
    check(['backends', index, 'refresh'], refresh, SHORTEST_PAUSE_MS)
    check(['backends', index, 'health', 'interval'], health.interval, SHORTEST_PAUSE_MS)
    check(['backends', index, 'health', 'timeout'], health.timeout, 1)
  }
  for (const [index, { limits }] of config.auth.keys.entries()) checkLimits(['auth', 'keys', index, 'limits'], limits, check)
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
  checkSlow([...path, 'slow'], policy.slow, check)
  check([...path, 'retry', 'maxWait'], policy.retry?.maxWait, 0)
  check([...path, 'queue', 'timeout'], policy.queue?.timeout, 1)
  if (typeof policy.hedge?.after === 'number') check([...path, 'hedge', 'after'], policy.hedge.after, 1)
  check([...path, 'cache', 'ttl'], policy.cache?.ttl, 1)
  for (const [index, step] of (policy.fallback ?? []).entries())
    check([...path, 'fallback', index, 'cache', 'maxAge'], step.cache?.maxAge, 1)
  checkBreaker([...path, 'breaker'], policy.breaker, check)
  checkLimits([...path, 'limits'], policy.limits, check)
}

function checkSlow(path: Path, slow: PolicyConfig['slow'], check: Check): void {
  if (typeof slow !== 'object') return check(path, slow, 1)
  for (const [name, ms] of Object.entries(slow)) check([...path, name], ms, 1)
}

function checkBreaker(path: Path, breaker: BreakerConfig | undefined, check: Check): void {
  for (const name of ['window', 'openFor', 'maxOpenFor'] as const) check([...path, name], breaker?.[name], SHORTEST_PAUSE_MS)
}

function checkLimits(path: Path, limits: PolicyConfig['limits'], check: Check): void {
  for (const [index, limit] of (limits ?? []).entries()) {
    if (limit.algorithm === 'sliding-window') check([...path, index, 'window'], limit.window, SHORTEST_PAUSE_MS)
    if (limit.algorithm === 'warm-up') check([...path, index, 'warmUp'], limit.warmUp, SHORTEST_PAUSE_MS)
  }
}
