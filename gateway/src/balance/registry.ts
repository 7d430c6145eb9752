import type { BalancerName } from '@jairouter/contract/names'
import type { Choose, ScoreAll } from './chooser.ts'
import { connectionScores, leastConnections } from './least-connections.ts'
import { latencyScores, leastLatency } from './least-latency.ts'
import { weightedRandom } from './random.ts'
import { rendezvous, rendezvousScores } from './rendezvous.ts'
import { roundRobin, turnScores } from './round-robin.ts'

export const BALANCERS: Readonly<Record<BalancerName, Choose>> = {
  random: weightedRandom,
  'round-robin': roundRobin,
  'least-connections': leastConnections,
  'least-latency': leastLatency,
  // The two differ in what the caller hashes: the client's address, or the policy's `hashKeys`.
  'ip-hash': rendezvous,
  'consistent-hash': rendezvous,
}

/** What each balancer goes by; undefined where that is chance alone. */
export const SCORES: Readonly<Record<BalancerName, { readonly better: 'higher' | 'lower'; readonly of: ScoreAll } | undefined>> = {
  random: undefined,
  'round-robin': { better: 'higher', of: turnScores },
  'least-connections': { better: 'lower', of: connectionScores },
  'least-latency': { better: 'lower', of: latencyScores },
  'ip-hash': { better: 'higher', of: rendezvousScores },
  'consistent-hash': { better: 'higher', of: rendezvousScores },
}
