import type { Choose } from './chooser.ts'

/** Independent draws, each candidate as likely as its weight says. */
export const weightedRandom: Choose = (candidates, { random }) => {
  let total = 0
  for (const { weight } of candidates) total += weight
  let left = random() * total
  for (const [index, { weight }] of candidates.entries()) {
    left -= weight
    if (left < 0) return index
  }
  // Only rounding leads here: the weights taken away one by one came to less than their sum.
  return candidates.length - 1
}
