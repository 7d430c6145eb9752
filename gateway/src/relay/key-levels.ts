import { keyIdOf } from '../config/key-id.ts'
import type { KeyRecord, Snapshot } from '../config/snapshot.ts'
import type { LimitStates } from './limit-states.ts'

/** A limit as it stands for one key. */
export interface KeyLimitLevel {
  readonly by: string
  readonly count: string
  readonly algorithm: string
  readonly limit: number
  readonly remaining: number
  readonly resetMs: number
}

/** The key's own limits, and those of the config that count each key apart. */
export function keyLevels(
  key: KeyRecord,
  { routes }: Pick<Snapshot, 'routes'>,
  states: LimitStates,
  now: number,
): readonly KeyLimitLevel[] {
  const shared = [...routes.values()].flatMap((byName) =>
    [...byName.values()].flatMap(({ limits }) => limits.filter(({ by }) => by === 'key')),
  )
  const rules = new Map([...key.limits, ...shared].map((rule) => [rule.id, rule]))
  return [...rules.values()].map((rule) => {
    const level = states.limiterOf(rule).level(states.vectorOf(rule, keyIdOf(key)), now)
    return { by: rule.by, count: rule.count, algorithm: rule.settings.algorithm, ...level }
  })
}
