import type { Choose } from './chooser.ts'
import { lowestOf } from './lowest.ts'

/** The lowest number of open leases per weight. */
export const leastConnections: Choose = (candidates, { random }) =>
  lowestOf(candidates, ({ inFlight, weight }) => inFlight / weight, random)
