import { expect, it } from 'vitest'
import type { LimitSettings } from './limiter.ts'
import { createLimiter } from './registry.ts'

// Each is told by what it says after 2 were taken, at once and after a second.
it.each<[LimitSettings, object, object]>([
  [
    { algorithm: 'token-bucket', perMs: 0.001, burst: 5 },
    { limit: 5, remaining: 3, resetMs: 2000 },
    { limit: 5, remaining: 4, resetMs: 1000 },
  ],
  [
    { algorithm: 'leaky-bucket', perMs: 0.001, queue: 5 },
    { limit: 6, remaining: 4, resetMs: 2000 },
    { limit: 6, remaining: 5, resetMs: 1000 },
  ],
  [
    { algorithm: 'sliding-window', limit: 5, windowMs: 1500 },
    { limit: 5, remaining: 3, resetMs: 3000 },
    { limit: 5, remaining: 3, resetMs: 2000 },
  ],
  [
    { algorithm: 'warm-up', perMs: 0.001, warmUpMs: 0, coldFactor: 3 },
    { limit: 1, remaining: 0, resetMs: 2000 },
    { limit: 1, remaining: 0, resetMs: 1000 },
  ],
  [
    { algorithm: 'concurrency', limit: 5 },
    { limit: 5, remaining: 3, resetMs: 1000 },
    { limit: 5, remaining: 3, resetMs: 1000 },
  ],
])('makes what $algorithm asks for', (settings, atOnce, later) => {
  const limiter = createLimiter(settings)
  const state = new Float64Array(limiter.size)
  limiter.take(state, 2, 0)
  expect([limiter.level(state, 0), limiter.level(state, 1000)]).toEqual([atOnce, later])
})
