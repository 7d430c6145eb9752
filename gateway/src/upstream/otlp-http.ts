// See pools.ts for why not the package's main entry.
import Pool from 'undici/lib/dispatcher/pool.js'
import { parseRetryAfter } from '../lib/retry-after.ts'
import { connectionFault, rejectedIn, type BatchReceiver, type BatchResult, type ReceiverAddress } from './batch-receiver.ts'
import { Exchange } from './exchange.ts'
import { createPolicedConnect, type ConnectPolicy } from './policed-connect.ts'

const CONNECT_LIMIT_MS = 10_000
const MAXIMUM_HEADER_BYTES = 16 * 1024
/** Of an answer; more than this is none. */
const ANSWER_BYTES = 64 * 1024
/** To be tried again (OTLP 1.x, "OTLP/HTTP Response"). */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** OTLP over HTTP with protobuf bodies. Redirects are a refusal. */
export function createHttpReceiver({ url, headers }: ReceiverAddress, policy: () => ConnectPolicy): BatchReceiver {
  const { origin, pathname } = new URL(url)
  const pool = new Pool(origin, {
    connections: 1,
    allowH2: false,
    // Whoever sends has a limit for all of it.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: MAXIMUM_HEADER_BYTES,
    connect: createPolicedConnect(policy, { allowH2: false, timeout: CONNECT_LIMIT_MS }),
  })
  return {
    async send(batch, signal) {
      const exchange = new Exchange(undefined)
      const end = () => exchange.abort(new Error('given up'))
      signal.addEventListener('abort', end, { once: true })
      try {
        signal.throwIfAborted()
        const sent = { ...headers, 'content-type': 'application/x-protobuf', 'accept-encoding': 'identity', 'user-agent': 'JAiRouter' }
        pool.dispatch({ method: 'POST', path: pathname, headers: sent, body: batch }, exchange)
        const { status, headers: answered } = await exchange.head
        const answer = await readSome(exchange)
        return resultOf(status, answer, parseRetryAfter(answered, Date.now()))
      } catch (error) {
        return signal.aborted ? { kind: 'later', why: 'no answer in time' } : connectionFault(error)
      } finally {
        signal.removeEventListener('abort', end)
      }
    },
    close() {
      pool.destroy().catch(() => {})
    },
  }
}

function resultOf(status: number, answer: Buffer, waitMs: number | undefined): BatchResult {
  if (status >= 200 && status < 300) return { kind: 'taken', rejected: rejectedIn(answer) }
  const why = `status ${status}`
  return RETRYABLE.has(status) ? { kind: 'later', why, ...(waitMs === undefined ? {} : { waitMs }) } : { kind: 'refused', why }
}

async function readSome(exchange: Exchange): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for (;;) {
    const chunk = await exchange.read()
    if (chunk === undefined) return Buffer.concat(chunks)
    size += chunk.length
    if (size > ANSWER_BYTES) {
      exchange.abort(new Error('the answer is too long'))
      return Buffer.concat(chunks)
    }
    chunks.push(chunk)
  }
}
