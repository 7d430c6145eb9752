import { NEVER, PASS, type Limiter, type SettingsOf } from './limiter.ts'
import { numberAt } from '../lib/number-at.ts'

const OPEN = 0

/** Nobody knows when a request will end; a second is what a client may try again after without doing harm. */
const RETRY_AFTER_MS = 1_000

/** So much may be open at a time. Only `release` makes room: what an open request really used is not the question. */
export function concurrency({ limit }: SettingsOf<'concurrency'>): Limiter {
  return {
    size: 1,
    check(state, cost) {
      if (cost === 0) return PASS
      if (cost > limit) return NEVER
      return numberAt(state, OPEN) + cost > limit ? { kind: 'deny', retryAfterMs: RETRY_AFTER_MS } : PASS
    },
    take(state, cost) {
      state[OPEN] = numberAt(state, OPEN) + cost
    },
    give() {},
    release(state, cost) {
      state[OPEN] = Math.max(0, numberAt(state, OPEN) - cost)
    },
    holds: (state) => numberAt(state, OPEN) > 0,
    level(state) {
      const open = numberAt(state, OPEN)
      return { limit, remaining: Math.max(0, limit - open), resetMs: open > 0 ? RETRY_AFTER_MS : 0 }
    },
  }
}
