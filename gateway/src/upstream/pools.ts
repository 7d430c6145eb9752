import { rootCertificates } from 'node:tls'
import type { Pool as UndiciPool } from 'undici'
// The package's main entry loads fetch, WebSocket, caches and mocks too: 16 MB of memory that nothing here uses.
import Pool from 'undici/lib/dispatcher/pool.js'
import type { Backend } from '../config/snapshot.ts'
import { Exchange } from './exchange.ts'
import type { OpenUpstream, UpstreamExchange, UpstreamRequest } from './port.ts'

/** A last resort below the relay's own, finer connect limit. */
const CONNECT_LIMIT_MS = 30_000
/** Shorter than the keep-alive of the usual Python servers (5 s), so that a reused socket is seldom one that is being closed. */
const KEEP_ALIVE_MS = 4_000
/** Beyond this an answer's header block is refused. */
const MAXIMUM_HEADER_BYTES = 16 * 1024

export interface Pools {
  readonly open: OpenUpstream
  /** Lets go of the pools that no backend in the list uses any more; what is in flight on them ends first. */
  retain(backends: Iterable<Backend>): void
  /** Ends everything, in flight or not. */
  destroy(): Promise<void>
}

/** One connection pool per backend address and trust; the only place where connections to backends are made. */
export function createPools(): Pools {
  const pools = new Map<string, UndiciPool>()

  function poolOf(backend: Backend): UndiciPool {
    const key = keyOf(backend)
    let pool = pools.get(key)
    if (pool === undefined) {
      pool = createPool(backend)
      pools.set(key, pool)
    }
    return pool
  }

  return {
    open: (request) => dispatch(poolOf(request.backend), request),
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

function keyOf(backend: Backend): string {
  return `${backend.origin} ${backend.ca ?? ''}`
}

function createPool(backend: Backend): UndiciPool {
  return new Pool(backend.origin, {
    pipelining: 1,
    // HTTP/2 towards backends is not offered: model servers speak 1.1, and a cut stream must mean one closed socket.
    allowH2: false,
    // undici's own limits are coarse (it wakes every half second); the relay has timers of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAXIMUM_HEADER_BYTES,
    connect: { timeout: CONNECT_LIMIT_MS, ...(backend.ca === undefined ? {} : { ca: [...rootCertificates, backend.ca] }) },
  })
}

function dispatch(pool: UndiciPool, request: UpstreamRequest): UpstreamExchange {
  const exchange = new Exchange(request.onConnected)
  try {
    pool.dispatch({ method: request.method, path: request.path, headers: request.headers, body: request.body ?? null }, exchange)
  } catch (error) {
    exchange.failBeforeStart(error)
  }
  return exchange
}
