import { duration } from '@jairouter/contract/units'

/** How many times faster than real time the scenarios run; 1 is real time. */
export const SLOWEST = 1
export const FASTEST = 100

/** Limits of silence. Where a scenario is not about them, they are not to strike because a machine is busy. */
const LIMITS: ReadonlySet<string> = new Set(['response', 'firstToken', 'idle'])
const SHORTEST_LIMIT_MS = { timed: 100, untimed: 2_000 }

/** The other durations, each with the milliseconds below which it is not shortened: as long as a busy machine may take, or as short as the config may be. */
const SHORTEST_MS: ReadonlyMap<string, number> = new Map([
  ['connect', 1_000],
  ['total', 10_000],
  ['timeout', 100],
  ['after', 10],
  ['window', 10],
  ['openFor', 10],
  ['maxOpenFor', 10],
  ['maxWait', 0],
  ['slowStart', 0],
  ['maxAge', 1],
  ['ttl', 1],
])

export interface Hurry {
  readonly speed: number
  /** Whether limits of silence are what is tried. */
  readonly timed: boolean
}
const BYTES: ReadonlySet<string> = new Set(['maxBytes'])
/** They say how much a client may ask for, not how failures are met, and a scenario's twenty requests would run into them. */
const LEFT_OUT: ReadonlySet<string> = new Set(['limits'])

/** A duration of real time in that of the scenarios, whole milliseconds. */
export function shortened(milliseconds: number, speed: number): number {
  return Math.max(1, Math.round(milliseconds / speed))
}

/** Policies, as written in a config file or as parsed, in the file's own words with every duration divided by the speed. */
export function hurried(settings: unknown, hurry: Hurry, name = ''): unknown {
  if (Array.isArray(settings)) return settings.map((item) => hurried(item, hurry, name))
  if (typeof settings === 'object' && settings !== null) {
    const entries = Object.entries(settings).filter(([key, value]) => value !== undefined && !LEFT_OUT.has(key))
    return Object.fromEntries(entries.map(([key, value]) => [key, hurried(value, hurry, key)]))
  }
  if (BYTES.has(name) && typeof settings === 'number') return `${settings}b`
  const shortestMs = shortestOf(name, hurry)
  const givenMs = shortestMs === undefined ? undefined : millisecondsOf(settings)
  if (shortestMs === undefined || givenMs === undefined) return settings
  // What is shorter than that in real time stays as it is.
  return `${Math.max(Math.min(givenMs, shortestMs), Math.round(givenMs / hurry.speed))}ms`
}

/** Undefined for a setting that is no duration. */
function shortestOf(name: string, { timed }: Hurry): number | undefined {
  if (LIMITS.has(name)) return timed ? SHORTEST_LIMIT_MS.timed : SHORTEST_LIMIT_MS.untimed
  return SHORTEST_MS.get(name)
}

/** Undefined for what is no duration, such as the `p95` of a hedge. */
function millisecondsOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : duration.safeParse(value).data
}
