import type { Books, BookAttempt, BookRow, UsageItem } from './books.ts'
import { unitsFor } from './books.ts'
import type { CountedCall } from './counting-backends.ts'
import { KEYS, KINDS, type Observed } from './mixed-load.ts'
import { PRICES } from './numbers-config.ts'
import { ACTS_WITHOUT_END, cachedOf, reasoningOf } from './plan.ts'

export interface Counted {
  readonly observed: readonly Observed[]
  readonly calls: readonly CountedCall[]
  readonly books: Books
}

export interface Agreement {
  /** How many numbers were held against each other. */
  readonly compared: number
  /** What does not agree, said so that it can be looked for. */
  readonly disagreements: readonly string[]
}

const BILLION = 1_000_000_000
/** Of the backends: the shadow's calls are in no request's row, since no client got their answers. */
const SHADOW = 's'
const NOWHERE = 'down'

/** Holds what clients and backends counted against metrics, rows, sums, budgets and keys. */
export function findDisagreements(counted: Counted): Agreement {
  const judge = new Judge()
  requestsAgree(judge, counted)
  tokensAgree(judge, counted)
  attemptsAgree(judge, counted)
  metricsAgree(judge, counted)
  costsAgree(judge, counted)
  sumsAgree(judge, counted)
  keysAgree(judge, counted)
  everyKindWasThere(judge, counted)
  return judge
}

class Judge implements Agreement {
  compared = 0
  readonly disagreements: string[] = []

  same(what: string, found: unknown, wanted: unknown): void {
    this.compared += 1
    const [left, right] = [JSON.stringify(found), JSON.stringify(wanted)]
    if (left !== right) this.disagreements.push(`${what}: ${left}, and not ${right}`)
  }

  holds(what: string, held: boolean): void {
    this.compared += 1
    if (!held) this.disagreements.push(what)
  }

  /** Name by name, also those that only one side knows. */
  sameCounts(what: string, found: Counts, wanted: Counts): void {
    for (const name of new Set([...found.keys(), ...wanted.keys()]))
      this.same(`${what} ${name}`, found.get(name) ?? 0, wanted.get(name) ?? 0)
  }
}

type Counts = ReadonlyMap<string, number>

function countBy<Item>(
  items: Iterable<Item>,
  nameOf: (item: Item) => string | undefined,
  amountOf: (item: Item) => number = () => 1,
): Counts {
  const counts = new Map<string, number>()
  for (const item of items) {
    const name = nameOf(item)
    const amount = amountOf(item)
    if (name !== undefined && amount !== 0) counts.set(name, (counts.get(name) ?? 0) + amount)
  }
  return counts
}

/** One row for each request, and in it what its client saw. */
function requestsAgree(judge: Judge, { observed, books: { rows } }: Counted): void {
  judge.same('rows', rows.length, observed.length)
  const byId = new Map(rows.map((row) => [row.id, row]))
  for (const { id, kind, key, model, status, code, left, fallback, cache } of observed) {
    const row = byId.get(id)
    if (row === undefined) {
      judge.holds(`${id} (${kind}) has no row`, false)
      continue
    }
    const wanted = left ? [499, 'client_closed'] : [status, code]
    judge.same(`${id} (${kind})`, [row.status, rejected(row.code, code), row.key], [...wanted, key ?? ''])
    judge.holds(`${id} (${kind}) is booked for ${row.model}, not ${model}`, row.model === '' || row.model === model)
    if (left) continue
    // Who has begun to read an answer cannot be told any more that another model completes it.
    if (fallback !== '' || !row.flags.includes('stream'))
      judge.same(`${id} (${kind}) fallback`, row.fallback, fallback.split(':')[0] === 'model' ? 'model' : fallback)
    if (cache !== '') judge.same(`${id} (${kind}) cache`, row.cache, cache)
  }
}

/** What a backend's own code was is not booked: it is its own text. */
function rejected(booked: string, told: string): string {
  return booked === 'upstream_rejected' && told.startsWith('planned_') ? told : booked
}

/** What backends said they used, what clients read of it, and what is booked. */
function tokensAgree(judge: Judge, { observed, books: { rows } }: Counted): void {
  const byId = new Map(rows.map((row) => [row.id, row]))
  for (const { id, kind, status, code, left, plan, usage } of observed) {
    const row = byId.get(id)
    if (row === undefined) continue
    const { cache, fallback } = row
    const booked = [row.in, row.out, row.cached, row.reasoning]
    if (cache === 'hit' || cache === 'shared' || fallback === 'cache' || fallback === 'response') {
      judge.same(`${id} (${kind}) tokens of an answer that cost none`, booked, [0, 0, 0, 0])
    } else if (status === 200 && code === '' && !left) {
      judge.same(`${id} (${kind}) tokens`, booked, tokensOf(row, plan))
      if (usage !== undefined) judge.same(`${id} (${kind}) tokens that the client read`, [usage.in, usage.out], booked.slice(0, 2))
    } else if (row.total > 0 && row.code !== 'content_blocked') {
      judge.holds(`${id} (${kind}) has tokens that nobody told, and does not say so`, row.flags.includes('estimated'))
    }
  }
}

function tokensOf({ endpoint }: BookRow, plan: Observed['plan']): readonly number[] {
  if (endpoint === 'imageGeneration') return [0, 0, 0, 0]
  if (endpoint === 'embedding') return [plan.promptTokens, 0, 0, 0]
  return [plan.promptTokens, plan.completionTokens, cachedOf(plan), reasoningOf(plan)]
}

function attemptsAgree(judge: Judge, { observed, calls, books }: Counted): void {
  const booked = [...books.attempts.values()].flat()
  const numberOf = new Map(observed.map(({ id, plan }) => [id, plan.number]))
  const told = calls.filter(({ backend }) => backend !== SHADOW)
  const perStory = countBy(
    [...books.attempts].flatMap(([id, made]) => made.filter(({ backend }) => backend !== NOWHERE).map(() => id)),
    (id) => String(numberOf.get(id)),
  )
  judge.sameCounts(
    'calls of story',
    perStory,
    countBy(told, ({ number }) => String(number)),
  )
  judge.sameCounts(
    'calls to',
    countBy(booked, ({ backend }) => (backend === NOWHERE ? undefined : backend)),
    countBy(told, ({ backend }) => backend),
  )
  judge.sameCounts(
    'outcome at',
    countBy(booked, (attempt) => outcomeName(attempt)),
    countBy(told, (call) => actName(call)),
  )
  for (const { id, attempts, cache } of observed) {
    // Who joined is told of the call that was joined.
    if (attempts === undefined || cache === 'shared') continue
    const made = books.attempts.get(id)?.length ?? 0
    judge.holds(`${id} told of ${attempts} calls, and has ${made}`, made >= attempts)
  }
  for (const row of books.rows) judge.same(`${row.id} calls`, row.attempts, books.attempts.get(row.id)?.length ?? 0)
}

/** As far as a backend can know it: what it told, or that the other side took its answer to the end. */
function outcomeName({ backend, outcome }: BookAttempt): string | undefined {
  if (outcome.startsWith('status_')) return `${backend} ${outcome.slice('status_'.length)}`
  return outcome === 'ok' || outcome === 'content_blocked' ? `${backend} answered` : undefined
}

function actName({ backend, act }: CountedCall): string | undefined {
  if (/^\d+$/.test(act)) return `${backend} ${act}`
  return act === 'ok' || act === 'held' || act === 'late' ? `${backend} answered` : undefined
}

function metricsAgree(judge: Judge, { calls, books: { samples, rows, attempts } }: Counted): void {
  const metric = (name: string, labels: readonly string[], factor = 1): Counts =>
    countBy(
      samples.filter((sample) => sample.name === name),
      (sample) => labels.map((label) => sample.labels[label] ?? '').join(','),
      ({ value }) => value * factor,
    )
  const modelOf = ({ model }: BookRow) => (model === '' ? 'other' : model)
  judge.sameCounts(
    'metric of requests',
    metric('jairouter_requests_total', ['endpoint', 'model', 'status', 'code']),
    countBy(rows, (row) => [row.endpoint, modelOf(row), row.status, row.code].join(',')),
  )
  judge.sameCounts(
    'metric of durations',
    metric('jairouter_request_duration_seconds_count', ['endpoint', 'model']),
    countBy(rows, (row) => [row.endpoint, modelOf(row)].join(',')),
  )
  judge.sameCounts(
    'metric of clients',
    metric('jairouter_client_requests_total', ['client', 'result']),
    countBy(rows, ({ key, status, code }) => `${key === '' ? 'other' : key},${status < 400 && code === '' ? 'ok' : 'failed'}`),
  )
  const shadows = calls.filter(({ backend }) => backend === SHADOW)
  judge.sameCounts(
    'metric of calls',
    metric('jairouter_upstream_attempts_total', ['backend', 'outcome']),
    countBy(
      [...[...attempts.values()].flat(), ...shadows.map(({ backend }) => ({ backend, outcome: 'ok' }))],
      ({ backend, outcome }) => `${backend},${outcome}`,
    ),
  )
  judge.sameCounts(
    'metric of shadows',
    metric('jairouter_shadow_requests_total', ['group']),
    countBy(shadows, () => 'dark'),
  )
  judge.sameCounts(
    'metric of retries',
    metric('jairouter_retries_total', ['model']),
    countBy(rows, modelOf, (row) => Math.max(0, row.attempts - 1 - (row.hedge === '' ? 0 : 1))),
  )
  for (const [name, label, field] of [
    ['jairouter_hedges_total', 'result', 'hedge'],
    ['jairouter_fallbacks_total', 'step', 'fallback'],
    ['jairouter_cache_requests_total', 'result', 'cache'],
  ] as const)
    judge.sameCounts(
      `metric ${name}`,
      metric(name, ['model', label]),
      countBy(rows, (row) => (row[field] === '' ? undefined : `${row.model},${row[field]}`)),
    )
  for (const [kind, field] of [
    ['prompt', 'in'],
    ['completion', 'out'],
    ['cached', 'cached'],
    ['reasoning', 'reasoning'],
  ] as const) {
    const told = samples.filter(({ name, labels }) => name === 'jairouter_tokens_total' && labels['kind'] === kind)
    judge.sameCounts(
      `metric of tokens, ${kind}`,
      countBy(
        told,
        ({ labels }) => labels['model'],
        ({ value }) => value,
      ),
      countBy(rows, modelOf, (row) => row[field]),
    )
  }
  judge.sameCounts(
    'metric of costs in billionths',
    rounded(metric('jairouter_cost_total', ['model', 'currency'], BILLION)),
    countBy(
      rows,
      (row) => `${row.model},${row.currency}`,
      ({ cost }) => cost ?? 0,
    ),
  )
  const dropped = samples.filter(({ name }) => name === 'jairouter_history_dropped_total')
  judge.same(
    'dropped rows',
    dropped.reduce((sum, { value }) => sum + value, 0),
    0,
  )
}

function rounded(counts: Counts): Counts {
  return new Map([...counts].map(([name, value]) => [name, Math.round(value)]))
}

/** Reckoned anew from the price list: the answer, and calls before it that had begun one. */
function costsAgree(judge: Judge, { books: { rows, attempts } }: Counted): void {
  for (const row of rows) {
    const made = attempts.get(row.id) ?? []
    const own = made.findLast(({ outcome }) => outcome === 'ok') ?? made.findLast((attempt) => attempt.in + attempt.out > 0)
    const answered = row.answeredBy === '' ? row.model : row.answeredBy
    const wasted = made
      .filter((attempt) => attempt !== own && attempt.outcome !== 'ok' && attempt.in + attempt.out > 0)
      // Only one model here has calls of two models, and the first of them is its own.
      .map((attempt) => costOf(row.model, { ...attempt, cached: 0, reasoning: 0, images: 0 }))
    const cost = costOf(answered, row) + wasted.reduce((sum, one) => sum + one, 0)
    judge.same(`${row.id} cost`, row.cost ?? 0, cost)
  }
}

function costOf(model: string, used: Pick<BookRow, 'in' | 'out' | 'cached' | 'reasoning' | 'images'>): number {
  const price = PRICES[model]
  if (price === undefined) return 0
  const { input, cachedInput = input, output, reasoning = output, image = 0 } = price
  const millionths =
    (used.in - used.cached) * input + used.cached * cachedInput + (used.out - used.reasoning) * output + used.reasoning * reasoning
  return Math.ceil(millionths * 1_000 + used.images * image * BILLION - 1e-6)
}

const DIMENSIONS = ['key', 'keyId', 'model', 'backend', 'currency'] as const

function sumsAgree(judge: Judge, { books: { rows, usage } }: Counted): void {
  const amounts: Readonly<Record<string, (row: BookRow) => number>> = {
    requests: () => 1,
    errors: ({ code }) => (code === '' ? 0 : 1),
    streams: ({ flags }) => (flags.includes('stream') ? 1 : 0),
    cacheHits: ({ cache }) => (cache === 'hit' || cache === 'shared' ? 1 : 0),
    fallbacks: ({ fallback }) => (fallback === '' ? 0 : 1),
    attempts: (row) => row.attempts,
    in: (row) => row.in,
    cached: (row) => row.cached,
    out: (row) => row.out,
    reasoning: (row) => row.reasoning,
    total: (row) => row.total,
    images: (row) => row.images,
    cost: (row) => row.cost ?? 0,
    estimatedRequests: ({ flags }) => (flags.includes('estimated') ? 1 : 0),
    estimatedTokens: ({ flags, total }) => (flags.includes('estimated') ? total : 0),
    unpriced: ({ cost, total }) => (cost === null && total > 0 ? 1 : 0),
  }
  for (const step of ['hour', 'day'] as const)
    for (const [sum, amountOf] of Object.entries(amounts))
      judge.sameCounts(
        `sums by ${step}, ${sum}`,
        countBy<UsageItem>(
          usage[step],
          ({ by }) => DIMENSIONS.map((name) => by[name]).join(','),
          ({ sums }) => sums[sum] ?? 0,
        ),
        countBy(rows, (row) => DIMENSIONS.map((name) => row[name]).join(','), amountOf),
      )
}

/** Budgets of keys, and when these were used last. */
function keysAgree(judge: Judge, { observed, books: { rows, budgets, lastUsed } }: Counted): void {
  const ids = new Map(rows.filter(({ keyId }) => keyId !== '').map(({ key, keyId }) => [key, keyId]))
  for (const name of KEYS) {
    const own = rows.filter(({ key }) => key === name)
    const sent = own.filter(({ attempts, cache, fallback }) => attempts > 0 || cache === 'hit' || cache === 'shared' || fallback !== '')
    const used = {
      requests: sent.length,
      tokens: own.reduce((sum, { total }) => sum + total, 0),
      money: own.reduce((sum, { cost, currency }) => sum + (currency === 'USD' ? (cost ?? 0) : 0), 0) / BILLION,
    }
    for (const unit of unitsFor(name)) {
      const spent = budgets.find((budget) => budget.unit === unit && budget.subject === ids.get(name))?.spent
      judge.same(`budget of ${name} in ${unit}`, spent?.toFixed(9), used[unit].toFixed(9))
    }
    judge.holds(`the key ${name} was never used`, lastUsed[name] !== undefined)
  }
  for (const [name, time] of Object.entries(lastUsed)) {
    const own = observed.filter(({ key }) => key === name)
    const [first, last] = [Math.max(...own.map(({ startedAt }) => startedAt)), Math.max(...own.map(({ endedAt }) => endedAt))]
    judge.holds(`the key ${name} was used last at ${time}, between ${first} and ${last}`, time >= first && time <= last)
  }
}

/** Nothing agrees more easily than what did not happen. */
function everyKindWasThere(judge: Judge, { observed, calls, books: { rows, attempts } }: Counted): void {
  const kinds = new Set(observed.map(({ kind }) => kind))
  for (const kind of KINDS) judge.holds(`there was no request "${kind}"`, kinds.has(kind))
  const flags = new Set(rows.flatMap((row) => row.flags))
  for (const flag of ['error', 'retried', 'hedged', 'fallback', 'cached', 'aborted', 'estimated', 'stream', 'limited'])
    judge.holds(`no row is ${flag}`, flags.has(flag))
  for (const code of ['rate_limit_exceeded', 'invalid_api_key', 'model_not_allowed', 'content_blocked', 'upstream_timeout'])
    judge.holds(
      `no row has the code ${code}`,
      rows.some((row) => row.code === code),
    )
  judge.holds(
    'nobody joined a call',
    rows.some(({ cache }) => cache === 'shared'),
  )
  judge.holds(
    'no hedge won',
    rows.some(({ hedge }) => hedge === 'won'),
  )
  judge.holds(
    'no hedge lost',
    rows.some(({ hedge }) => hedge === 'lost'),
  )
  judge.holds(
    'there was no shadow',
    calls.some(({ backend }) => backend === SHADOW),
  )
  judge.holds(
    'a call that had begun was paid for, and its answer thrown away',
    [...attempts.values()].flat().some(({ outcome, cost }) => outcome !== 'ok' && (cost ?? 0) > 0),
  )
  judge.holds(
    'a client left a call behind',
    calls.some(({ act, ended }) => ACTS_WITHOUT_END.has(act) && ended === 'left'),
  )
}
