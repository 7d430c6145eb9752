import { mix32 } from '../lib/hash.ts'
import type { Candidate, Choose, ScoreAll } from './chooser.ts'

const UINT32_RANGE = 2 ** 32

/**
 * Weighted rendezvous hashing: everyone draws a score from its seed and the request's hash, the highest wins. Shares
 * follow the weights, and a candidate that leaves, comes or changes its weight moves only the keys that it loses or
 * wins. No ring to build or to remember, and no order of the candidates to agree on between gateways.
 */
export const rendezvous: Choose = (candidates, { hash }) => {
  let chosen = 0
  let highest = -Infinity
  for (const [index, candidate] of candidates.entries()) {
    const score = scoreOf(candidate, hash)
    if (score > highest) {
      chosen = index
      highest = score
    }
  }
  return chosen
}

export const rendezvousScores: ScoreAll = (candidates, { hash }) =>
  candidates.map((candidate) => ({ value: scoreOf(candidate, hash), parts: { weight: candidate.weight } }))

function scoreOf({ weight, seed }: Candidate, hash: number): number {
  // Half a step in: uniform in (0, 1) without its ends, where the logarithm is infinite or 0.
  const uniform = (mix32(seed, hash) + 0.5) / UINT32_RANGE
  // -ln(uniform) / weight is exponential with rate `weight`; the lowest of such wins with probability weight / total.
  return -weight / Math.log(uniform)
}
