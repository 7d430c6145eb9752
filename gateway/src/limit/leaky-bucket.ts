import { addOwed, DEBT_SIZE, followDebtClock, owedAt } from './debt.ts'
import { PASS, TOLERANCE, wholeUnits, type Limiter, type SettingsOf } from './limiter.ts'

/**
 * A constant rate. Each unit takes a slot of 1 / perMs; the debt is the slots that are taken and not over yet, so that
 * whoever comes is sent when it is paid. One is being sent, up to `queue` units wait behind it, more are denied until
 * there is a place. What counts is the line in front: a request of many tokens may come last, but the next one waits for it.
 *
 * A place that is given back shortens the line for those who come later. It does not move those who have been told when
 * to go, so two may be sent close together; in sum it is never more than the rate and one.
 */
export function leakyBucket({ perMs, queue }: SettingsOf<'leaky-bucket'>): Limiter {
  return {
    size: DEBT_SIZE,
    check(state, cost, now) {
      if (cost === 0) return PASS
      followDebtClock(state, now)
      const ahead = owedAt(state, perMs, now)
      if (ahead > queue + TOLERANCE) return { kind: 'deny', retryAfterMs: (ahead - queue) / perMs }
      return ahead > TOLERANCE ? { kind: 'pass', waitMs: ahead / perMs } : PASS
    },
    take: (state, cost, now) => addOwed(state, cost, { perMs, now }),
    give: (state, amount, { now }) => addOwed(state, -amount, { perMs, now }),
    release() {},
    level(state, now) {
      const ahead = owedAt(state, perMs, now)
      return { limit: queue + 1, remaining: wholeUnits(queue - ahead + 1), resetMs: ahead / perMs }
    },
  }
}
