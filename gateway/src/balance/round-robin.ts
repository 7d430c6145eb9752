import type { Candidate, Choose, ScoreAll } from './chooser.ts'
import { numberAt } from '../lib/number-at.ts'

/** Turns owed that differ by less are equal: sums of thirds and tenths are not exact, and the order must not hang on that. */
const TIE = 1e-9

/**
 * Smooth weighted round-robin, as nginx has it: everyone is owed its weight, who is owed most goes next and pays the
 * total. Equal weights give strict rotation in the order of the candidates.
 *
 * `memory[0]` is what the candidate is owed, in turns (weight / total) and not in raw weight as in nginx: a weight
 * that falls from 1000 to 1 would otherwise leave a debt that takes a thousand choices to work off. The mean is taken
 * out at each choice, so that those who leave take no lasting credit or debt away from those who stay, and a new
 * candidate, at 0, stands in their middle. As long as nobody comes or goes the mean is 0 and the order is nginx's.
 */
export const roundRobin: Choose = (candidates) => {
  const all = totalsOf(candidates)
  let chosen = 0
  let most = -Infinity
  for (const [index, candidate] of candidates.entries()) {
    const owed = owedTo(candidate, all)
    candidate.memory[0] = owed
    if (owed > most + TIE) {
      chosen = index
      most = owed
    }
  }
  const winner = candidates[chosen]
  if (winner !== undefined) winner.memory[0] = most - 1
  return chosen
}

export const turnScores: ScoreAll = (candidates) => {
  const all = totalsOf(candidates)
  return candidates.map((candidate) => ({ value: owedTo(candidate, all), parts: { weight: candidate.weight } }))
}

interface Totals {
  readonly weight: number
  /** Of what all are owed. */
  readonly mean: number
}

function totalsOf(candidates: readonly Candidate[]): Totals {
  let totalWeight = 0
  let totalOwed = 0
  for (const { weight, memory } of candidates) {
    totalWeight += weight
    totalOwed += numberAt(memory, 0)
  }
  return { weight: totalWeight, mean: totalOwed / candidates.length }
}

function owedTo({ weight, memory }: Candidate, all: Totals): number {
  return numberAt(memory, 0) - all.mean + weight / all.weight
}
