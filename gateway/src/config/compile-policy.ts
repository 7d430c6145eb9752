import type { PolicyConfig } from '@jairouter/contract/config'
import { deepFreeze } from '../lib/deep-freeze.ts'
import type { Policy } from './snapshot.ts'

/** What holds where the config says nothing. */
const BUILTIN_POLICY: Policy = deepFreeze({
  balance: 'least-connections',
  hashKeys: ['prompt_cache_key', 'user', 'client-ip'],
  timeouts: { connect: 3_000, response: 120_000, firstToken: 60_000, idle: 60_000, total: 1_800_000 },
  attempts: 2,
  slowStartMs: 30_000,
})

/** Lays the layers over the built-in policy, the nearest last. Each setting for itself, so also each time limit. */
export function compilePolicy(layers: readonly (PolicyConfig | undefined)[]): Policy {
  let policy = BUILTIN_POLICY
  for (const layer of layers) {
    if (layer === undefined) continue
    policy = {
      balance: layer.balance ?? policy.balance,
      hashKeys: layer.hashKeys ?? policy.hashKeys,
      timeouts: {
        connect: layer.timeouts?.connect ?? policy.timeouts.connect,
        response: layer.timeouts?.response ?? policy.timeouts.response,
        firstToken: layer.timeouts?.firstToken ?? policy.timeouts.firstToken,
        idle: layer.timeouts?.idle ?? policy.timeouts.idle,
        total: layer.timeouts?.total ?? policy.timeouts.total,
      },
      attempts: layer.retry?.attempts ?? policy.attempts,
      slowStartMs: layer.slowStart ?? policy.slowStartMs,
    }
  }
  return deepFreeze(policy)
}
