/** Costs that differ by less, relative to the greater, are equal: 3 / 0.9 and 1 / 0.3 are not the same number. */
const TIE = 1e-9

/** Whether two costs are as good as each other. */
export function isTie(cost: number, lowest: number): boolean {
  return cost <= lowest + cost * TIE
}

/**
 * The index of the candidate with the lowest cost. Ties are drawn at random by weight, so that idle instances share
 * what comes one at a time, and several gateways do not all begin with the first instance.
 */
export function lowestOf<T extends { readonly weight: number }>(
  candidates: readonly T[],
  costOf: (candidate: T) => number,
  random: () => number,
): number {
  let chosen = 0
  let lowest = Infinity
  let tiedWeight = 0
  for (const [index, candidate] of candidates.entries()) {
    const { weight } = candidate
    const cost = costOf(candidate)
    const tolerance = cost * TIE
    if (cost > lowest + tolerance) continue
    if (cost < lowest - tolerance) {
      chosen = index
      lowest = cost
      tiedWeight = weight
      continue
    }
    // One pass, no list of the tied: each takes the place of those before it with its share of the weight seen so far.
    tiedWeight += weight
    if (random() * tiedWeight < weight) chosen = index
  }
  return chosen
}
