// See undici-parts.d.ts for why not the package's main entry.
import Pool from 'undici/lib/dispatcher/pool.js'
import { parseRetryAfter } from '../lib/retry-after.ts'
import { connectionFault, type BatchResult } from './batch-receiver.ts'
import { Exchange } from './exchange.ts'
import { createPolicedConnect, type ConnectPolicy } from './policed-connect.ts'

const CONNECT_LIMIT_MS = 10_000
const MAXIMUM_HEADER_BYTES = 16 * 1024
/** Of an answer; more than this is none. */
const ANSWER_BYTES = 64 * 1024

export interface PostOnce {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly signal: AbortSignal
}

export interface Posted {
  readonly status: number
  readonly answer: Buffer
  /** Of its `Retry-After`. */
  readonly waitMs: number | undefined
}

/** One connection, made where the policy allows. */
export function createReceiverPool(origin: string, policy: () => ConnectPolicy): Pool {
  return new Pool(origin, {
    connections: 1,
    allowH2: false,
    // Whoever sends has a limit for all of it.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: MAXIMUM_HEADER_BYTES,
    connect: createPolicedConnect(policy, { allowH2: false, timeout: CONNECT_LIMIT_MS }),
  })
}

/** One request to a receiver of telemetry or alerts. Never rejects: what kept it from an answer is a result; aborted: `later`. */
export async function postOnce(pool: Pool, { path, headers, body, signal }: PostOnce): Promise<Posted | BatchResult> {
  const exchange = new Exchange(undefined)
  const end = () => exchange.abort(new Error('given up'))
  signal.addEventListener('abort', end, { once: true })
  try {
    signal.throwIfAborted()
    const sent = { ...headers, 'accept-encoding': 'identity', 'user-agent': 'JAiRouter' }
    pool.dispatch({ method: 'POST', path, headers: sent, body }, exchange)
    const { status, headers: answered } = await exchange.head
    return { status, answer: await readSome(exchange), waitMs: parseRetryAfter(answered, Date.now()) }
  } catch (error) {
    return signal.aborted ? { kind: 'later', why: 'no answer in time' } : connectionFault(error)
  } finally {
    signal.removeEventListener('abort', end)
  }
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
