import type { AdapterDefinition } from '../adapters/definition.ts'
import type { Backend } from '../config/snapshot.ts'

/** A server of which no config says more than where it is: no key, no headers, no probes. Its id is the adapter's. */
export function bareBackend(adapter: AdapterDefinition, address: Pick<Backend, 'origin' | 'basePath'>): Backend {
  return {
    id: adapter.id,
    adapter,
    ...address,
    headers: {},
    keepAlive: true,
    breaker: {},
    limits: [],
    discover: true,
    refreshMs: 0,
    health: { enabled: false, intervalMs: 0, timeoutMs: 0, unhealthyAfter: 1, healthyAfter: 1 },
  }
}
