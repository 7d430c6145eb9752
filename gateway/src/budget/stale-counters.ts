import { counterPrefix } from './open-account.ts'

const DAY_MS = 86_400_000
/** Long enough that no clock that was set wrong for a while takes away what still counts. */
const KEPT_DAYS = 100

/** Counters of budgets that are gone, or of periods long over. */
export function staleCounters(names: Iterable<string>, budgetIds: ReadonlySet<string>, wallClock: number): readonly string[] {
  const oldest = new Date(wallClock - KEPT_DAYS * DAY_MS).toISOString().slice(0, 10)
  return [...names].filter((name) => {
    const [, id = '', period = ''] = name.split('/')
    const key = period.slice(period.indexOf(':') + 1)
    return !budgetIds.has(id) || !name.startsWith(counterPrefix(id)) || key < oldest.slice(0, key.length)
  })
}
