import { rootCertificates } from 'node:tls'
import type { buildConnector as Connectors, Pool as UndiciPool } from 'undici'
// The package's main entry loads fetch, WebSocket, caches and mocks too: 16 MB of memory that nothing here uses.
import Pool from 'undici/lib/dispatcher/pool.js'
import type { Backend } from '../config/snapshot.ts'
import { Exchange } from './exchange.ts'
import { createPolicedConnect, OPEN_POLICY, type ConnectPolicy, type Resolve } from './policed-connect.ts'
import type { OpenUpstream, UpstreamExchange, UpstreamRequest } from './port.ts'

/** A last resort below the relay's own, finer connect limit. */
const CONNECT_LIMIT_MS = 30_000
/** Shorter than the keep-alive of the usual Python servers (5 s), so that a reused socket is seldom one that is being closed. */
const KEEP_ALIVE_MS = 4_000
/** Beyond this an answer's header block is refused. */
const MAXIMUM_HEADER_BYTES = 16 * 1024

export interface PoolsOptions {
  /** A backend has sent what nobody asked for; told once. */
  readonly onUnsafe?: (backendId: string) => void
  /** Where connections may lead, as it is at the time; default: not to addresses that are forbidden to all. */
  readonly policy?: () => ConnectPolicy
  /** For tests; the system's resolver otherwise. */
  readonly resolve?: Resolve
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
export function createPools({ onUnsafe = () => {}, policy = () => OPEN_POLICY, resolve }: PoolsOptions = {}): Pools {
  const connectFor = (backend: Backend) => createPolicedConnect(policy, connectOptions(backend), resolve)
  // What is pooled was allowed when it was connected.
  const keyOf = (backend: Backend) => `${backend.origin} ${policy().privateAddresses} ${backend.ca ?? ''}`
  const pools = new Map<string, BackendPool>()

  function poolOf(backend: Backend): BackendPool {
    const key = keyOf(backend)
    let pool = pools.get(key)
    if (pool === undefined) {
      pool = createPool(backend, connectFor(backend), () => onUnsafe(backend.id))
      pools.set(key, pool)
    }
    return pool
  }

  return {
    open: (request) => dispatch(poolOf(request.backend), request),
    socketsOf(backend) {
      const stats = pools.get(keyOf(backend))?.pool.stats
      const connected = stats?.connected ?? 0
      const free = Math.min(connected, stats?.free ?? 0)
      return { used: connected - free, free }
    },
    retain(backends) {
      const wanted = new Set([...backends].map(keyOf))
      for (const [key, { pool }] of pools) {
        if (wanted.has(key)) continue
        pools.delete(key)
        pool.close().catch(() => {})
      }
    },
    async destroy() {
      const all = [...pools.values()]
      pools.clear()
      await Promise.all(all.map(({ pool }) => pool.destroy()))
    },
  }
}

/**
 * A backend that has sent bytes nobody asked for does so again, and once such bytes come after the next request was
 * written they look like its answer: no connection to it is used twice from then on.
 */
interface BackendPool {
  readonly pool: UndiciPool
  safe: boolean
}

function createPool(backend: Backend, connect: Connectors.connector, onUnsafe: () => void): BackendPool {
  const pool = newPool(backend, connect)
  const own: BackendPool = { pool, safe: true }
  pool.on('disconnect', (_origin, _targets, error) => {
    if (!own.safe || !UNASKED.test(error.message)) return
    own.safe = false
    onUnsafe()
  })
  return own
}

/** How undici says that a socket without an open request had something to read. */
const UNASKED = /\bbad response\b/

/** HTTP/2 towards backends is not offered: model servers speak 1.1, and a cut stream must mean one closed socket. */
function connectOptions({ ca }: Backend): Connectors.BuildOptions {
  return { allowH2: false, timeout: CONNECT_LIMIT_MS, ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }) }
}

function newPool(backend: Backend, connect: Connectors.connector): UndiciPool {
  return new Pool(backend.origin, {
    pipelining: 1,
    allowH2: false,
    // undici's own limits are coarse (it wakes every half second); the relay has timers of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAXIMUM_HEADER_BYTES,
    connect,
  })
}

function dispatch({ pool, safe }: BackendPool, { backend, method, path, headers, body, onConnected }: UpstreamRequest): UpstreamExchange {
  const exchange = new Exchange(onConnected)
  const reset = !safe || !backend.keepAlive
  try {
    pool.dispatch({ method, path, headers, body: body ?? null, reset }, exchange)
  } catch (error) {
    exchange.failBeforeStart(error)
  }
  return exchange
}
