import { lookup as lookUpHost } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
// See undici-parts.d.ts for why not the package's main entry.
import Pool from 'undici/lib/dispatcher/pool.js'
import { isAllowedAddress } from '../lib/address-policy.ts'
import { Exchange } from './exchange.ts'
import { PictureRefused } from '../errors/picture-refused.ts'
import type { FetchPicture, Picture, UpstreamExchange, UpstreamHead } from './port.ts'
import { UpstreamFault, type FaultKind } from './upstream-fault.ts'

type Addresses = readonly { address: string; family: 4 | 6 }[]

export interface PictureFetcherOptions {
  /** Addresses of networks that are not public may be asked, too (tests, closed networks); metadata services never. */
  readonly allowPrivate: boolean
  /** A larger picture is given up at the first byte beyond. */
  readonly maximumBytes: number
  /** For all of one picture: names, connections, redirects, body. */
  readonly timeoutMs: number
  /** For tests; the system's resolver otherwise. */
  readonly lookup?: (host: string) => Promise<Addresses>
}

const MAXIMUM_REDIRECTS = 3
const MAXIMUM_HEADER_BYTES = 16 * 1024
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

const REQUEST_HEADERS = {
  accept: 'image/png, image/jpeg, image/gif, image/webp',
  'accept-encoding': 'identity',
  // Large public hosts of pictures refuse whoever doesn't say what they are.
  'user-agent': 'JAiRouter',
}

const FAULTS: Readonly<Record<FaultKind, string>> = {
  dns: 'its host is not known',
  refused: 'its server refuses connections',
  unreachable: 'its server does not answer',
  address_not_allowed: 'its host is at an address that is never asked',
  tls: 'its server has no certificate that is trusted',
  reset: 'its server broke off the connection',
  protocol: 'its server gave no complete HTTP answer',
}

/**
 * Downloads a picture that a client named by its address, for backends which want the bytes. Whoever may name addresses
 * may try to reach what only this machine can: a host is resolved once for each request, all of its addresses must be
 * allowed, and the connection is made to one of those and no other.
 */
export function createPictureFetcher(options: PictureFetcherOptions): FetchPicture {
  return async (url, signal) => {
    signal.throwIfAborted()
    const over = new AbortController()
    const leave = () => over.abort(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
    const timer = setTimeout(() => over.abort(refusal('too-slow', 'it did not come in time')), options.timeoutMs)
    try {
      return await follow(url, { options, signal: over.signal })
    } catch (error) {
      if (over.signal.aborted) throw over.signal.reason
      throw error instanceof UpstreamFault ? refusal('unreachable', FAULTS[error.kind]) : error
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', leave)
      // Ends what is still being connected: a pool's own end waits for nothing of that kind.
      over.abort()
    }
  }
}

interface Task {
  readonly options: PictureFetcherOptions
  /** Aborted at the deadline, when the caller leaves, and at the end. */
  readonly signal: AbortSignal
}

/** The URL's picture, or that of the last one it redirects to. */
async function follow(address: string, task: Task): Promise<Picture> {
  let url = toUrl(address)
  for (let redirects = 0; ; redirects += 1) {
    const answer = await ask(url, task)
    if ('bytes' in answer) return answer
    if (redirects === MAXIMUM_REDIRECTS) throw refusal('unreachable', `it redirects more than ${MAXIMUM_REDIRECTS} times`)
    url = toUrl(answer.location, url)
  }
}

function toUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base)
  if (url === null) throw refusal('not-allowed', 'its address is no URL')
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refusal('not-allowed', 'its address must be of http or https')
  if (url.username !== '' || url.password !== '') throw refusal('not-allowed', 'its address must not hold a user name or password')
  return url
}

/** One request to one of the addresses that were checked just before. */
async function ask(url: URL, task: Task): Promise<Picture | { location: string }> {
  const { signal, options } = task
  const addresses = await resolve(url, task)
  // Node would connect a socket again that its signal has already destroyed.
  signal.throwIfAborted()
  const pool = new Pool(url.origin, {
    connections: 1,
    allowH2: false,
    // The deadline is the one limit: undici's own are coarse.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: MAXIMUM_HEADER_BYTES,
    connect: { timeout: 0, autoSelectFamily: true, signal, lookup: pinnedTo(addresses) },
  })
  const exchange = new Exchange(undefined)
  const end = () => exchange.abort(new Error('given up'))
  signal.addEventListener('abort', end, { once: true })
  try {
    pool.dispatch({ method: 'GET', path: `${url.pathname}${url.search}`, headers: REQUEST_HEADERS, body: null, reset: true }, exchange)
    const head = await exchange.head
    const { location } = head.headers
    if (REDIRECTS.has(head.status) && typeof location === 'string') return { location }
    return await toPicture(head, exchange, options.maximumBytes)
  } finally {
    signal.removeEventListener('abort', end)
    end()
    await pool.destroy()
  }
}

async function resolve({ hostname }: URL, { options, signal }: Task): Promise<Addresses> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const family = isIP(host)
  const addresses = family === 4 || family === 6 ? [{ address: host, family } as const] : await lookUp(host, { options, signal })
  const policy = { privateAddresses: options.allowPrivate }
  if (!addresses.every(({ address }) => isAllowedAddress(address, policy)))
    throw refusal('not-allowed', 'its host is not one of the public internet')
  return addresses
}

async function lookUp(host: string, { options, signal }: Task): Promise<Addresses> {
  // The system's resolver can't be interrupted: its answer is then no longer waited for.
  const { promise: given, reject } = Promise.withResolvers<never>()
  const giveUp = () => reject(new Error('given up'))
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    const addresses = await Promise.race([(options.lookup ?? systemLookup)(host), given])
    if (addresses.length > 0) return addresses
  } catch (error) {
    throw new UpstreamFault('dns', true, error)
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
  throw new UpstreamFault('dns', true, undefined)
}

async function systemLookup(host: string): Promise<Addresses> {
  const found = await lookUpHost(host, { all: true })
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
}

/** Answers every question for a name with what is already known: a second answer of the DNS could be another one. */
function pinnedTo(addresses: Addresses): LookupFunction {
  return (_host, _options, callback) => callback(null, [...addresses])
}

async function toPicture({ status, headers }: UpstreamHead, exchange: UpstreamExchange, maximumBytes: number): Promise<Picture> {
  if (status !== 200) throw refusal('unreachable', `its server answered with status ${status}`)
  const tooLarge = `it has more than ${maximumBytes} bytes`
  if (Number(headers['content-length']) > maximumBytes) throw refusal('too-large', tooLarge)
  const chunks: Buffer[] = []
  let size = 0
  for (let chunk = await exchange.read(); chunk !== undefined; chunk = await exchange.read()) {
    size += chunk.length
    if (size > maximumBytes) throw refusal('too-large', tooLarge)
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  const mediaType = pictureTypeOf(bytes)
  if (mediaType === undefined) throw refusal('not-an-image', 'what it led to is no PNG, JPEG, GIF or WebP')
  return { mediaType, bytes }
}

function pictureTypeOf(bytes: Buffer): Picture['mediaType'] | undefined {
  // One character for each byte.
  const start = bytes.toString('latin1', 0, 12)
  if (start.startsWith('\x89PNG\r\n\x1A\n')) return 'image/png'
  if (start.startsWith('\xFF\xD8\xFF')) return 'image/jpeg'
  if (/^GIF8[79]a/.test(start)) return 'image/gif'
  return /^RIFF.{4}WEBP/s.test(start) ? 'image/webp' : undefined
}

function refusal(reason: PictureRefused['reason'], why: string): PictureRefused {
  return new PictureRefused(reason, `The picture could not be fetched: ${why}.`)
}
