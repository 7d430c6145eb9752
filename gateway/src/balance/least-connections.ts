import type { Candidate, Choose, ScoreAll } from './chooser.ts'
import { lowestOf } from './lowest.ts'

/** The lowest number of open leases per weight. */
export const leastConnections: Choose = (candidates, { random }) => lowestOf(candidates, loadOf, random)

export const connectionScores: ScoreAll = (candidates) =>
  candidates.map((candidate) => ({ value: loadOf(candidate), parts: { inFlight: candidate.inFlight, weight: candidate.weight } }))

function loadOf({ inFlight, weight }: Candidate): number {
  return inFlight / weight
}
