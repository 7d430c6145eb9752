/**
 * Whether a backend or an instance can be used, as a state machine over a vector of numbers. What probes and real
 * traffic saw goes in, a transition comes out; who probes, when, and who logs is somebody else's business.
 *
 * Evidence is not all worth the same:
 * - A refused connection says that nobody listens: out at once.
 * - A real answer is worth more than a probe: it clears the failures of both, because a server that is busy with long
 *   generations often answers its health path too late, and taking it out then would bury the others.
 * - A probe's ok clears the probes' failures only: the health path may answer while every generation fails.
 * - Only probes bring an unhealthy one back. Nothing new is sent to it, so a good answer from it began before the
 *   fall and says nothing of now. So a vector that traffic can take out must be given probes too, or it stays out.
 */

const STATUSES = ['unknown', 'healthy', 'warming', 'unhealthy'] as const

/**
 * `unknown`: nobody has asked yet, used in good faith. `warming`: answers, but is still loading its model: used only
 * when nothing else can serve. `unhealthy`: not used.
 */
export type HealthStatus = (typeof STATUSES)[number]

export interface Transition {
  readonly from: HealthStatus
  readonly to: HealthStatus
}

/** How many in a row; each >= 1. */
export interface HealthThresholds {
  readonly unhealthyAfter: number
  readonly healthyAfter: number
}

export interface HealthSnapshot {
  readonly status: HealthStatus
  /** Of the last transition, on the clock of `now`; 0 if there was none. */
  readonly since: number
  /** Of probes or of traffic, whichever are more. */
  readonly consecutiveFailures: number
  /** Of probes. */
  readonly consecutiveSuccesses: number
  /** See recoveredAt. */
  readonly recoveredAt: number
}

/** Index into STATUSES. */
const STATUS = 0
const SINCE = 1
const PROBE_FAILURES = 2
const TRAFFIC_FAILURES = 3
const PROBE_SUCCESSES = 4
const RECOVERED_AT = 5
/** 1 once it has been out of service; from then on every return to `healthy` is a recovery. */
const WAS_DOWN = 6

/** Length of the vector; all 0 is `unknown`. */
export const HEALTH_SIZE = 7

/**
 * What an active probe found. `failed` counts up to `unhealthyAfter`. `warming` (it answered that it is still loading)
 * is no failure and takes effect at once, from any state. `ok` counts up to `healthyAfter` where it was unhealthy, and
 * takes effect at once elsewhere.
 */
export function recordProbe(
  state: Float64Array,
  outcome: 'ok' | 'warming' | 'failed',
  thresholds: HealthThresholds,
  now: number,
): Transition | undefined {
  if (outcome === 'failed') {
    state[PROBE_SUCCESSES] = 0
    return add(state, PROBE_FAILURES) >= thresholds.unhealthyAfter ? moveTo(state, 'unhealthy', now) : undefined
  }
  state[PROBE_FAILURES] = 0
  if (outcome === 'warming') {
    state[PROBE_SUCCESSES] = 0
    return moveTo(state, 'warming', now)
  }
  const successes = add(state, PROBE_SUCCESSES)
  if (statusOf(state) === 'unhealthy' && successes < thresholds.healthyAfter) return undefined
  return moveTo(state, 'healthy', now)
}

/** A refused connection, of a probe or of real traffic. */
export function recordRefusal(state: Float64Array, now: number): Transition | undefined {
  state[PROBE_SUCCESSES] = 0
  add(state, PROBE_FAILURES)
  return moveTo(state, 'unhealthy', now)
}

/** How a real request ended; one that says nothing of the server (client left, its own 4xx) is not to be recorded. */
export function recordTraffic(
  state: Float64Array,
  outcome: 'ok' | 'failed',
  thresholds: HealthThresholds,
  now: number,
): Transition | undefined {
  const status = statusOf(state)
  // What comes late from before the fall is no new evidence, neither way.
  if (status === 'unhealthy') return undefined
  if (outcome === 'ok') {
    state[PROBE_FAILURES] = 0
    state[TRAFFIC_FAILURES] = 0
    // An answer is what `unknown` and `warming` were waiting for: the model is there. Should it have begun before the
    // loading (rare: a restart cuts what is open), the next probe puts that right.
    return moveTo(state, 'healthy', now)
  }
  // To fail is what one that loads does; its probes tell whether it goes on loading or is gone.
  if (status === 'warming') return undefined
  return add(state, TRAFFIC_FAILURES) >= thresholds.unhealthyAfter ? moveTo(state, 'unhealthy', now) : undefined
}

export function statusOf(state: Float64Array): HealthStatus {
  return STATUSES[read(state, STATUS)] ?? 'unknown'
}

/**
 * When it last came back into service, for slow start; 0 if never. Back means healthy after `unhealthy`, or after
 * loading again; not the first `healthy` of a process, at which every instance would start slowly together.
 */
export function recoveredAt(state: Float64Array): number {
  return read(state, RECOVERED_AT)
}

export function snapshotOf(state: Float64Array): HealthSnapshot {
  return {
    status: statusOf(state),
    since: read(state, SINCE),
    consecutiveFailures: Math.max(read(state, PROBE_FAILURES), read(state, TRAFFIC_FAILURES)),
    consecutiveSuccesses: read(state, PROBE_SUCCESSES),
    recoveredAt: recoveredAt(state),
  }
}

const JITTER = 0.1
const FAST_PROBE_MS = 2_000
/** It has passed a probe and needs more of them: they need not be far apart. */
const CONFIRMING_PROBE_MS = 500
/** Most outages are restarts, and over within this. */
const FAST_PROBES_FOR_MS = 60_000

/**
 * How long to wait before the next probe: the interval, 2 s (at most the interval) in the first minute of an outage,
 * half a second while its end is being confirmed; all within 10 %, so that gateways that started together do not probe together.
 */
export function nextProbeDelayMs(options: {
  readonly status: HealthStatus
  readonly intervalMs: number
  /** Since it became unhealthy; looked at only then. Below 0 where the clock was set back: the usual interval. */
  readonly unhealthyForMs: number
  /** Probes in a row that it has passed while unhealthy. */
  readonly passed: number
  /** Uniform in [0, 1). */
  readonly random: () => number
}): number {
  const { status, intervalMs, unhealthyForMs, passed, random } = options
  const confirming = status === 'unhealthy' && passed > 0
  const fast = status === 'unhealthy' && unhealthyForMs >= 0 && unhealthyForMs < FAST_PROBES_FOR_MS
  const delayMs = Math.min(confirming ? CONFIRMING_PROBE_MS : fast ? FAST_PROBE_MS : intervalMs, intervalMs)
  return delayMs * (1 - JITTER + 2 * JITTER * random())
}

function moveTo(state: Float64Array, to: HealthStatus, now: number): Transition | undefined {
  const from = statusOf(state)
  if (from === to) return undefined
  state[STATUS] = STATUSES.indexOf(to)
  state[SINCE] = now
  if (to === 'healthy') {
    if (read(state, WAS_DOWN) === 1) state[RECOVERED_AT] = now
    // Requests that failed in the stay before do not count against this one.
    if (from !== 'unknown') state[TRAFFIC_FAILURES] = 0
  } else if (to === 'unhealthy') {
    state[WAS_DOWN] = 1
    // Probes were well all the time that traffic failed: those do not count as its recovery.
    state[PROBE_SUCCESSES] = 0
  } else if (from === 'healthy') {
    state[WAS_DOWN] = 1
  }
  return { from, to }
}

function add(state: Float64Array, field: number): number {
  const sum = read(state, field) + 1
  state[field] = sum
  return sum
}

function read(state: Float64Array, field: number): number {
  return state[field] ?? 0
}
