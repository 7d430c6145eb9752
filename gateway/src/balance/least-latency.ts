import type { Candidate, Choose, ScoreAll } from './chooser.ts'
import { fadedLatency, latencyOf, noteAsked } from './latency.ts'
import { lowestOf } from './lowest.ts'

/** Before any instance has answered all are equal, whatever number stands for that: it is least connections then. */
const NOTHING_KNOWN_MS = 1

/**
 * The lowest time to first token x (open leases + 1) / weight. The estimate of one that is not asked fades, but never
 * below the pool's lowest: a slow one is asked again after a while, and not sent everything then. A new one counts as
 * the mean of those that are known, faded since never: it is asked at once and has its share while the answer is out.
 */
export const leastLatency: Choose = (candidates, { random, now }) => {
  const known = knownOf(candidates)
  const chosen = lowestOf(candidates, (candidate) => costOf(candidate, estimateOf(candidate, known, now)), random)
  const winner = candidates[chosen]
  if (winner !== undefined) noteAsked(winner.latency, now)
  return chosen
}

export const latencyScores: ScoreAll = (candidates, { now }) => {
  const known = knownOf(candidates)
  return candidates.map((candidate) => {
    const estimateMs = estimateOf(candidate, known, now)
    return { value: costOf(candidate, estimateMs), parts: { estimateMs, inFlight: candidate.inFlight, weight: candidate.weight } }
  })
}

function costOf({ weight, inFlight }: Candidate, estimateMs: number): number {
  return (estimateMs * (inFlight + 1)) / weight
}

function estimateOf({ latency }: Candidate, { lowest, mean }: Known, now: number): number {
  return Math.max(lowest, fadedLatency(latency, latencyOf(latency) || mean, now))
}

interface Known {
  readonly lowest: number
  readonly mean: number
}

/** Over those that have answered. */
function knownOf(candidates: readonly Candidate[]): Known {
  let lowest = Infinity
  let sum = 0
  let known = 0
  for (const { latency } of candidates) {
    const estimate = latencyOf(latency)
    if (estimate === 0) continue
    lowest = Math.min(lowest, estimate)
    sum += estimate
    known += 1
  }
  return known === 0 ? { lowest: NOTHING_KNOWN_MS, mean: NOTHING_KNOWN_MS } : { lowest, mean: sum / known }
}
