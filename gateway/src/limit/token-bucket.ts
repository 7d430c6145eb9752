import { addOwed, DEBT_SIZE, followDebtClock, owedAt } from './debt.ts'
import { NEVER, PASS, TOLERANCE, wholeUnits, type Limiter, type SettingsOf } from './limiter.ts'

/** From full, `burst` units pass at once; then as they come in at `perMs`. */
export function tokenBucket({ perMs, burst }: SettingsOf<'token-bucket'>): Limiter {
  return {
    size: DEBT_SIZE,
    check(state, cost, now) {
      if (cost === 0) return PASS
      if (cost > burst) return NEVER
      followDebtClock(state, now)
      const excess = owedAt(state, perMs, now) + cost - burst
      return excess > TOLERANCE ? { kind: 'deny', retryAfterMs: excess / perMs } : PASS
    },
    take: (state, cost, now) => addOwed(state, cost, { perMs, now }),
    // What came in meanwhile was paid with time, so a refund is the same whenever it comes, and lost where the bucket is full.
    give: (state, amount, { now }) => addOwed(state, -amount, { perMs, now }),
    release() {},
    level(state, now) {
      const owed = owedAt(state, perMs, now)
      return { limit: burst, remaining: wholeUnits(burst - owed), resetMs: owed / perMs }
    },
  }
}
