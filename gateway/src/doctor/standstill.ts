import { performance } from 'node:perf_hooks'

const LOOK_EVERY_MS = 10

/** How long the process itself stood still, at the longest: clients, gateway and servers are all in it, and none of them is to blame. */
export interface Standstill {
  longestMs(): number
  stop(): void
}

export function watchStandstill(): Standstill {
  let longestMs = 0
  let lookedAt = performance.now()
  const look = () => {
    const now = performance.now()
    longestMs = Math.max(longestMs, now - lookedAt - LOOK_EVERY_MS)
    lookedAt = now
  }
  const timer = setInterval(look, LOOK_EVERY_MS)
  return {
    longestMs() {
      look()
      return longestMs
    },
    stop: () => clearInterval(timer),
  }
}
