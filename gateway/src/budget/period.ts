/// <reference lib="esnext.temporal" />
import type { BudgetPeriod } from './budget.ts'

export interface Period {
  /** `2026-08-21` or `2026-08`: in the order of time. */
  readonly key: string
  /** Epoch milliseconds; the end is the beginning of the next. */
  readonly startsAt: number
  readonly endsAt: number
}

/** The day or month of a time zone that a time falls into. Days are as long as the zone has them: 23 to 25 hours where clocks change. */
export function periodAt(time: number, period: BudgetPeriod, zone: string): Period {
  const local = Temporal.Instant.fromEpochMilliseconds(Math.floor(time)).toZonedDateTimeISO(zone)
  const day = local.toPlainDate()
  const after = (date: Temporal.PlainDate) => date.add(period === 'day' ? { days: 1 } : { months: 1 })
  const startOf = (date: Temporal.PlainDate) => date.toZonedDateTime({ timeZone: zone }).epochMilliseconds
  let first = period === 'day' ? day : day.with({ day: 1 })
  let next = after(first)
  // Where clocks were set back from a minute past midnight, a date came twice: what had begun by then goes on.
  if (startOf(next) <= time) [first, next] = [next, after(next)]
  return { key: period === 'day' ? first.toString() : first.toString().slice(0, 7), startsAt: startOf(first), endsAt: startOf(next) }
}

export function isTimeZone(zone: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone)
    return true
  } catch {
    return false
  }
}
