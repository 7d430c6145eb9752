import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { verifyLog } from '../../src/store/chain.ts'
import { openStore } from '../../src/store/open-store.ts'
import type { Store } from '../../src/store/port.ts'

export interface StoreAddress {
  readonly type: 'file' | 'sqlite' | 'postgres'
  readonly path: string
  readonly url?: string
}

const CHILD = fileURLToPath(new URL('committing-child.ts', import.meta.url))
export const LAST = { collection: 'state', id: 'last' } as const
export const LOG = 'numbers'
export const NUMBERED = 'numbered'
export const HITS = 'hits'
export const TRIM_EVERY = 50
/** Entries that a trim leaves. */
export const KEEP = 300
/** Documents that the numbers take turns in. */
const DOCUMENTS = 200
/** Of the kills that come before the first commit, or about then. */
const EARLY = { share: 0.2, withinMs: 600 } as const
/** `hit`s that may be under way when it is killed. */
const IN_FLIGHT_HITS = 2

export function documentOf(n: number): string {
  return `d${n % DOCUMENTS}`
}

export interface KillReport {
  readonly kills: number
  /** Commits that were acknowledged before a kill. */
  readonly acknowledged: number
  /** What was not as it has to be; none: everything that was acknowledged was there, every time. */
  readonly failures: readonly string[]
}

export interface KillOptions {
  readonly kills: number
  /** Numbered commits during which the child is killed, at most. */
  readonly commits: number
  readonly random?: () => number
}

/** A process that commits is killed at a random moment, again and again, and what it has left is looked at each time. */
export async function killRounds(address: StoreAddress, { kills, commits, random = Math.random }: KillOptions): Promise<KillReport> {
  let acknowledged = 0
  let before = { last: 0, hits: 0 }
  const failures: string[] = []
  for (let round = 1; round <= kills; round += 1) {
    const heard = await commitUntilKilled(address, random() < EARLY.share ? 0 : Math.ceil(random() ** 2 * commits), random)
    acknowledged += heard.commits + heard.hits
    const store = await openStore(address, { now: Date.now })
    try {
      const found = await inspect(store, { last: heard.last ?? before.last, hits: before.hits + heard.hits })
      failures.push(...found.problems.map((problem) => `round ${round}: ${problem}`))
      before = found
    } finally {
      await store.close()
    }
  }
  return { kills, acknowledged, failures }
}

interface Heard {
  readonly commits: number
  readonly hits: number
  /** Number of the last commit that was acknowledged; undefined: none was. */
  readonly last: number | undefined
}

/** `after`: numbered commits; 0: at any time from its start on. */
async function commitUntilKilled(address: StoreAddress, after: number, random: () => number): Promise<Heard> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(address)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const spread = random() * 10
  let heard = ''
  let complaint = ''
  let commits = 0
  if (after === 0) setTimeout(() => child.kill('SIGKILL'), random() * EARLY.withinMs)
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const before = commits
    heard += text
    commits += text.split('c').length - 1
    // The moment after the last one is anywhere in the next commits.
    if (before < after && commits >= after) setTimeout(() => child.kill('SIGKILL'), spread)
  })
  const signal = await new Promise<NodeJS.Signals | null>((resolve) => child.once('close', (_code, by) => resolve(by)))
  if (signal !== 'SIGKILL') throw new Error(`the child ended by itself: ${complaint}`)
  // A line without its end was not said.
  const lines = heard.split('\n').slice(0, -1)
  const numbers = lines.filter((line) => line.startsWith('c ')).map((line) => Number(line.slice(2)))
  return { commits: numbers.length, hits: lines.length - numbers.length, last: numbers.at(-1) }
}

async function inspect(store: Store, heard: { readonly last: number; readonly hits: number }) {
  const problems: string[] = [...(await store.check())]
  const counters = await store.counters('')
  const last = numberOf((await store.get(LAST.collection, LAST.id))?.body)
  if (last < heard.last || last > heard.last + 1) problems.push(`commit ${heard.last} was acknowledged, and the last one is ${last}`)
  if ((counters.get(NUMBERED) ?? 0) !== last) problems.push(`the counter is ${counters.get(NUMBERED)}, and the last commit ${last}`)
  const documents = new Map((await store.list('numbers')).map(({ id, body }) => [id, numberOf(body)]))
  for (let n = Math.max(1, last - DOCUMENTS + 1); n <= last; n += 1)
    if (documents.get(documentOf(n)) !== n) problems.push(`document ${documentOf(n)} is of ${documents.get(documentOf(n))}, not ${n}`)
  const extent = await store.extent(LOG)
  const chain = await verifyLog(store, LOG)
  if (extent.last !== last) problems.push(`the log ends at ${extent.last}, and the last commit is ${last}`)
  if (chain.brokenAt !== undefined) problems.push(`the chain breaks at ${chain.brokenAt}`)
  const entries = await store.read(LOG, { after: 0, limit: 10_000 })
  if (entries.some(({ sequence, body }) => sequence !== numberOf(body))) problems.push('an entry is not the one of its commit')
  const hits = counters.get(HITS) ?? 0
  if (hits < heard.hits || hits > heard.hits + IN_FLIGHT_HITS) problems.push(`${heard.hits} hits were acknowledged, and ${hits} are there`)
  return { problems, last, hits }
}

function numberOf(body: Readonly<Record<string, unknown>> | undefined): number {
  return typeof body?.['n'] === 'number' ? body['n'] : 0
}
