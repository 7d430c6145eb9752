import type { Choose } from './chooser.ts'

/** Loads that differ by less, relative to the greater, are equal: 3 / 0.3 and 1 / 0.1 are not the same number. */
const TIE = 1e-9

/**
 * The lowest number of open leases per weight. Ties are drawn at random by weight, so that idle instances share what
 * comes one at a time, and several gateways do not all begin with the first instance.
 */
export const leastConnections: Choose = (candidates, { random }) => {
  let chosen = 0
  let lowest = Infinity
  let tiedWeight = 0
  for (const [index, { weight, inFlight }] of candidates.entries()) {
    const load = inFlight / weight
    const tolerance = load * TIE
    if (load > lowest + tolerance) continue
    if (load < lowest - tolerance) {
      chosen = index
      lowest = load
      tiedWeight = weight
      continue
    }
    // One pass, no list of the tied: each takes the place of those before it with its share of the weight seen so far.
    tiedWeight += weight
    if (random() * tiedWeight < weight) chosen = index
  }
  return chosen
}
