import type { BalancerName } from '@jairouter/contract/names'
import type { Choose } from './chooser.ts'
import { leastConnections } from './least-connections.ts'
import { leastLatency } from './least-latency.ts'
import { weightedRandom } from './random.ts'
import { rendezvous } from './rendezvous.ts'
import { roundRobin } from './round-robin.ts'

export const BALANCERS: Readonly<Record<BalancerName, Choose>> = {
  random: weightedRandom,
  'round-robin': roundRobin,
  'least-connections': leastConnections,
  'least-latency': leastLatency,
  // The two differ in what the caller hashes: the client's address, or the policy's `hashKeys`.
  'ip-hash': rendezvous,
  'consistent-hash': rendezvous,
}
