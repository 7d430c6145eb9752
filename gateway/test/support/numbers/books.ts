import { setTimeout as delay } from 'node:timers/promises'
import { askApi } from '../ask-api.ts'
import { readMetrics, type Sample } from '../read-metrics.ts'
import { tally } from '../proofs/tally.ts'
import { KEYS, type KeyName } from './mixed-load.ts'

/** What a row is looked at for. */
export interface BookRow {
  readonly id: string
  readonly key: string
  readonly keyId: string
  readonly endpoint: string
  readonly model: string
  readonly answeredBy: string
  readonly backend: string
  readonly status: number
  readonly code: string
  readonly flags: readonly string[]
  readonly attempts: number
  readonly in: number
  readonly cached: number
  readonly out: number
  readonly reasoning: number
  readonly total: number
  readonly images: number
  /** Billionths. */
  readonly cost: number | null
  readonly currency: string
  readonly cache: string
  readonly fallback: string
  readonly hedge: string
  readonly group: string
}

export interface BookAttempt {
  readonly backend: string
  readonly outcome: string
  readonly code: string
  readonly in: number
  readonly out: number
  readonly cost: number | null
  readonly estimated: boolean
}

export type Sums = Readonly<Record<string, number>>

export interface UsageItem {
  readonly by: Readonly<Record<string, string>>
  readonly sums: Sums
}

export interface BudgetState {
  readonly id: string
  readonly subject: string
  readonly unit: 'requests' | 'tokens' | 'money'
  readonly spent: number
}

export interface Books {
  readonly samples: readonly Sample[]
  readonly rows: readonly BookRow[]
  readonly attempts: ReadonlyMap<string, readonly BookAttempt[]>
  /** By hour and by day, all dimensions apart. */
  readonly usage: { readonly hour: readonly UsageItem[]; readonly day: readonly UsageItem[] }
  readonly budgets: readonly BudgetState[]
  /** Epoch milliseconds, by the key's name. */
  readonly lastUsed: Readonly<Record<string, number>>
}

export interface Desk {
  /** Of the model APIs, and of the management API. */
  readonly url: string
  readonly admin: string
  /** An admin's. */
  readonly token: string
}

/** Budgets that nobody reaches, for each key in each unit. Who asks for pictures has none of tokens: nobody tells how many they are. */
export function unitsFor(key: KeyName): readonly BudgetState['unit'][] {
  return key === 'media' ? ['requests', 'money'] : ['requests', 'tokens', 'money']
}

const PLENTY = 1_000_000_000
/** Requests that the key `limited` has. */
const FEW = 3

/** The keys of the load; their texts by their names. */
export async function makeKeys({ admin, token }: Desk): Promise<Readonly<Record<KeyName, string>>> {
  const texts: Record<string, string> = {}
  for (const name of KEYS) {
    const more =
      name === 'limited'
        ? { limits: [{ algorithm: 'sliding-window', limit: FEW, window: '12h' }] }
        : name === 'narrow'
          ? { models: ['strong'] }
          : {}
    const made = await askApi(admin, 'POST /keys', { as: token, body: { name, ...more } })
    if (made.status !== 201) throw new Error(`no key was made: ${made.text}`)
    texts[name] = String(made.json['key'])
    for (const unit of unitsFor(name)) {
      const body = {
        scope: 'key',
        subject: made.json['id'],
        unit,
        amount: unit === 'money' ? 1_000_000 : PLENTY,
        period: 'month',
        ...(unit === 'money' ? { currency: 'USD' } : {}),
      }
      const budget = await askApi(admin, 'POST /budgets', { as: token, body })
      if (budget.status !== 201) throw new Error(`no budget was made: ${budget.text}`)
    }
  }
  return texts as Record<KeyName, string>
}

const ASK_EVERY_MS = 50
const BOOKED_MS = 60_000
const DIMENSIONS = 'key,keyId,model,backend,service,currency'

/** All books, once they are written: rows come in batches, behind their requests. */
export async function readBooks(desk: Desk, requests: number): Promise<Books> {
  const get = async (path: string) => {
    const answer = await askApi(desk.admin, `GET ${path}`, { as: desk.token })
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.text.slice(0, 300)}`)
    return answer
  }
  const usage = async (group: 'hour' | 'day') => {
    const { json } = await get(`/usage?by=${DIMENSIONS}&group=${group}`)
    return json as unknown as { readonly items: readonly UsageItem[]; readonly total: Sums }
  }
  for (let waitedMs = 0; waitedMs < BOOKED_MS; waitedMs += ASK_EVERY_MS) {
    if (((await usage('day')).total['requests'] ?? 0) >= requests) break
    await delay(ASK_EVERY_MS)
  }
  const exported = await get('/history/export?format=ndjson')
  const rows = exported.text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as BookRow)
  const attempts = new Map<string, readonly BookAttempt[]>()
  await tally(rows.length, 8, async (index) => {
    const id = rows[index]?.id ?? ''
    const { json } = await get(`/history/${encodeURIComponent(id)}`)
    attempts.set(id, json['attempts'] as unknown as readonly BookAttempt[])
    return 'read'
  })
  const { samples } = await readMetrics(desk.url)
  const budgets = await get('/budgets?limit=100')
  const keys = await get('/keys?limit=100')
  return {
    samples,
    rows,
    attempts,
    usage: { hour: (await usage('hour')).items, day: (await usage('day')).items },
    budgets: budgets.json['items'] as unknown as readonly BudgetState[],
    lastUsed: Object.fromEntries(
      (keys.json['items'] as unknown as readonly { name: string; lastUsed?: { time: string } }[]).flatMap(({ name, lastUsed }) =>
        lastUsed === undefined ? [] : [[name, Date.parse(lastUsed.time)]],
      ),
    ),
  }
}
