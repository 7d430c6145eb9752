import { concurrency } from './concurrency.ts'
import { leakyBucket } from './leaky-bucket.ts'
import type { Limiter, LimitSettings } from './limiter.ts'
import { slidingWindow } from './sliding-window.ts'
import { tokenBucket } from './token-bucket.ts'
import { warmUp } from './warm-up.ts'

/** A limiter has no memory of its own: one serves every key that its rule counts apart. */
export function createLimiter(settings: LimitSettings): Limiter {
  switch (settings.algorithm) {
    case 'token-bucket':
      return tokenBucket(settings)
    case 'leaky-bucket':
      return leakyBucket(settings)
    case 'sliding-window':
      return slidingWindow(settings)
    case 'warm-up':
      return warmUp(settings)
    case 'concurrency':
      return concurrency(settings)
  }
}
