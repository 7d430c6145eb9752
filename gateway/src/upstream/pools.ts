import type { buildConnector as Connectors } from 'undici'
import type { Backend } from '../config/snapshot.ts'
import { BackendPool } from './backend-pool.ts'
import { createPolicedConnect, OPEN_POLICY, type ConnectPolicy, type Resolve } from './policed-connect.ts'
import type { OpenUpstream } from './port.ts'
import { trustedCertificates } from './trusted-certificates.ts'

/** A last resort below the relay's own, finer connect limit. */
const CONNECT_LIMIT_MS = 30_000

export interface PoolsOptions {
  /** A backend has sent what nobody asked for. `apartMs`: so long each request to it has a connection of its own from now on; 0 where that is so already. */
  readonly onUnasked?: (backendId: string, apartMs: number) => void
  /** Where connections may lead, as it is at the time; default: not to addresses that are forbidden to all. */
  readonly policy?: () => ConnectPolicy
  /** For tests; the system's resolver otherwise. */
  readonly resolve?: Resolve
  /** Monotonic milliseconds. */
  readonly now?: () => number
}

export interface Pools {
  readonly open: OpenUpstream
  /** Connections to the backend's address, with and without an open request. */
  socketsOf(backend: Backend): { readonly used: number; readonly free: number }
  /** Lets go of the pools that no backend in the list uses any more; what is in flight on them ends first. */
  retain(backends: Iterable<Backend>): void
  /** Ends everything, in flight or not. */
  destroy(): Promise<void>
}

/** One connection pool per backend address and trust; the only place where connections to backends are made. */
export function createPools(options: PoolsOptions = {}): Pools {
  const { onUnasked = () => {}, policy = () => OPEN_POLICY, resolve, now = () => performance.now() } = options
  // What is pooled was allowed when it was connected.
  const keyOf = (backend: Backend) => `${backend.origin} ${policy().privateAddresses} ${backend.ca ?? ''}`
  const pools = new Map<string, BackendPool>()

  function poolOf(backend: Backend): BackendPool {
    const key = keyOf(backend)
    let pool = pools.get(key)
    if (pool === undefined) {
      const connect = createPolicedConnect(policy, connectOptions(backend), resolve)
      pool = new BackendPool({ origin: backend.origin, connect, now, onUnasked: (apartMs) => onUnasked(backend.id, apartMs) })
      pools.set(key, pool)
    }
    return pool
  }

  return {
    open: (request) => poolOf(request.backend).open(request),
    socketsOf: (backend) => pools.get(keyOf(backend))?.sockets ?? { used: 0, free: 0 },
    retain(backends) {
      const wanted = new Set([...backends].map(keyOf))
      for (const [key, pool] of pools) {
        if (wanted.has(key)) continue
        pools.delete(key)
        pool.close().catch(() => {})
      }
    },
    async destroy() {
      const all = [...pools.values()]
      pools.clear()
      await Promise.all(all.map((pool) => pool.destroy()))
    },
  }
}

/** HTTP/2 towards backends is not offered: model servers speak 1.1, and a cut stream must mean one closed socket. */
function connectOptions({ ca }: Backend): Connectors.BuildOptions {
  return { allowH2: false, timeout: CONNECT_LIMIT_MS, ...(ca === undefined ? {} : { ca: trustedCertificates(ca) }) }
}
