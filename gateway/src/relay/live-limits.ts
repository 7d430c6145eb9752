import type { LiveLimit } from '@jairouter/contract/management/limits'
import type { LimitRule, Snapshot } from '../config/snapshot.ts'
import type { Level } from '../limit/limiter.ts'
import { limitRulesOf } from './memory.ts'
import type { LimitStates } from './limit-states.ts'

export interface LiveLimitsOptions {
  readonly limits: LimitStates
  readonly snapshot: () => Snapshot
  /** Monotonic milliseconds. */
  readonly now: () => number
}

interface Subject extends Level {
  readonly subject: string
}

/** Each limit of the config in force with what is left of it; `top`: how many of the tightest subjects are named. Reads, and takes nothing. */
export function describeLimits({ limits, snapshot, now }: LiveLimitsOptions, top: number): LiveLimit[] {
  const rules = new Map(limitRulesOf(snapshot()).map((rule) => [rule.id, rule]))
  const at = now()
  const subjects = new Map<string, Subject[]>()
  for (const { ruleId, subject, vector } of limits.entries()) {
    const rule = rules.get(ruleId)
    if (rule === undefined) continue
    const level = { subject, ...limits.limiterOf(rule).level(vector, at) }
    const known = subjects.get(ruleId)
    if (known === undefined) subjects.set(ruleId, [level])
    else known.push(level)
  }
  return [...rules.values()].map((rule) => describe(rule, { limits, levels: subjects.get(rule.id) ?? [], at, top }))
}

interface Held {
  readonly limits: LimitStates
  readonly levels: readonly Subject[]
  readonly at: number
  readonly top: number
}

/** What is left of each limit, as a share, of whom it leaves least; one look at everybody, without their names. */
export function leastLeft({ limits, snapshot, now }: LiveLimitsOptions): Iterable<LeftOfLimit> {
  const rules = new Map(limitRulesOf(snapshot()).map((rule) => [rule.id, rule]))
  const shares = new Map<LimitRule, number>()
  const at = now()
  for (const { ruleId, vector } of limits.entries()) {
    const rule = rules.get(ruleId)
    if (rule === undefined) continue
    const { limit, remaining } = limits.limiterOf(rule).level(vector, at)
    const share = limit > 0 ? remaining / limit : 0
    if (share < (shares.get(rule) ?? Infinity)) shares.set(rule, share)
  }
  return [...shares].map(([rule, share]) => {
    const { by, count, settings } = rule
    return { place: placeOf(rule), by, count, algorithm: settings.algorithm, share }
  })
}

export interface LeftOfLimit extends Pick<LimitRule, 'by' | 'count'> {
  /** Where it stands in the config. */
  readonly place: string
  readonly algorithm: string
  readonly share: number
}

function placeOf({ id, by, count }: LimitRule): string {
  return id.slice(0, id.lastIndexOf(` ${by} ${count} {`))
}

function describe(rule: LimitRule, { limits, levels, at, top }: Held): LiveLimit {
  const { id, by, count, settings } = rule
  const sorted = levels.toSorted((a, b) => a.remaining / a.limit - b.remaining / b.limit || b.resetMs - a.resetMs)
  const limiter = limits.limiterOf(rule)
  const { limit, remaining, resetMs } = sorted[0] ?? limiter.level(new Float64Array(limiter.size), at)
  const place = placeOf(rule)
  return {
    id,
    place,
    by,
    count,
    algorithm: settings.algorithm,
    limit,
    remaining,
    resetMs,
    subjects: levels.length,
    tightest: sorted.slice(0, top),
  }
}
