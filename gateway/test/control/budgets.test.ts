import { describe, expect, it } from 'vitest'
import { BudgetBook, type BudgetBookOptions } from '../../src/auth/budgets/budget-book.ts'
import { hasOpen } from '../../src/budget/account.ts'
import { MONEY_PARTS, type Budget } from '../../src/budget/budget.ts'
import type { Team } from '../../src/budget/draws.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/port.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { openStream } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { countOf, inParallel, startFleet, type Fleet, type FleetConfig, type Member } from '../support/start-fleet.ts'

const ONE = { only: { backend: { models: ['sim-chat'] } } }
/** 11:00 of a day of August 2026. */
const NOON = Date.UTC(2026, 7, 21, 11)

function budget(more: Partial<Budget> & Pick<Budget, 'amount'>): Budget {
  const { unit = 'requests' } = more
  return { id: 'b', scope: 'all', subject: '', unit, currency: 'USD', period: 'day', zone: 'UTC', warnAt: [], enabled: true, ...more }
}

async function bookOf(
  budgets: readonly Budget[],
  more: Partial<BudgetBookOptions> & { teams?: readonly Team[] } = {},
): Promise<BudgetBook> {
  const book = new BudgetBook({ store: new MemoryStore(), prices: () => ({}), wallClock: () => NOON, ...more })
  book.ledger.setTeams(more.teams ?? [])
  book.ledger.setBudgets(budgets)
  await book.load()
  return book
}

interface Started {
  readonly fleet: Fleet
  readonly book: BudgetBook
}

async function start(
  budgets: readonly Budget[],
  more: Partial<BudgetBookOptions> & { teams?: readonly Team[]; config?: FleetConfig; members?: Record<string, Member> } = {},
): Promise<Started> {
  const book = await bookOf(budgets, more)
  const fleet = await startFleet(more.members ?? ONE, more.config ?? {}, { budgets: book })
  return { fleet, book }
}

async function statuses({ fleet }: Started, count: number, width: number): Promise<Record<string, number>> {
  const answers = await inParallel(count, width, () => fleet.chat())
  return countOf(answers.map(({ status }) => String(status)))
}

const spent = (book: BudgetBook, id = 'b') => Number([...book.uses()].find((use) => use.id === id)?.share)
const counterOf = async (store: Store, name: string) => (await store.counters('budget/')).get(name)

describe('a budget', () => {
  it('of 100 requests admits exactly 100 of 2,000 that come together', async () => {
    const store = new MemoryStore()
    const started = await start([budget({ amount: 100 })], { store })
    expect(await statuses(started, 2_000, 200)).toEqual({ '200': 100, '429': 1_900 })
    expect(started.fleet.posts('only')).toHaveLength(100)
    await started.book.stop()
    expect(await counterOf(store, 'budget/b/requests:2026-08-21')).toBe(100)
  }, 60_000)

  it('that is used up says which one, and when it begins anew, and names nobody', async () => {
    const started = await start([budget({ amount: 0, id: 'of-secret-team', scope: 'team', subject: 'secret', period: 'month' })], {
      config: { auth: { mode: 'required', keys: [{ name: 'first', key: 'first-key', team: 'secret' }] } },
    })
    const refused = await started.fleet.chat({}, { headers: { authorization: 'Bearer first-key' } })
    expect([refused.status, refused.code]).toEqual([429, 'insufficient_quota'])
    expect(JSON.parse(refused.text)).toMatchObject({
      error: { type: 'insufficient_quota', message: "The monthly budget of requests of this API key's team is used up" },
    })
    expect(refused.text).not.toContain('secret')
    // Until the first of September.
    expect(Number(refused.headers['retry-after'])).toBe((Date.UTC(2026, 8, 1) - NOON) / 1_000)
  })

  it('is drawn on together with all others that match, or none is', async () => {
    const keys = [
      { name: 'first', key: 'first-key', owner: 'ada', tags: ['batch'] },
      { name: 'second', key: 'second-key', team: 'blue' },
    ]
    const budgets = [
      budget({ id: 'all', amount: 4 }),
      budget({ id: 'key', amount: 3, scope: 'key', subject: 'first' }),
      budget({ id: 'user', amount: 1, scope: 'user', subject: 'ada' }),
      budget({ id: 'team', amount: 2, scope: 'team', subject: 'blue' }),
      budget({ id: 'tag', amount: 2, scope: 'tag', subject: 'batch' }),
      budget({ id: 'model', amount: 5, scope: 'model', subject: 'sim-chat' }),
      budget({ id: 'off', amount: 0, enabled: false }),
      budget({ id: 'other', amount: 0, scope: 'model', subject: 'another' }),
    ]
    const started = await start(budgets, {
      config: { auth: { mode: 'required', keys } },
      teams: [{ id: 'blue', members: ['ada'], tags: [] }],
    })
    const ask = async (key: string) => (await started.fleet.chat({}, { headers: { authorization: `Bearer ${key}` } })).status
    // Of the first key's budgets the user's is the smallest; what was refused has taken from none.
    expect([await ask('first-key'), await ask('first-key'), await ask('first-key')]).toEqual([200, 429, 429])
    // Its owner is in the team: one of two is gone.
    expect([await ask('second-key'), await ask('second-key')]).toEqual([200, 429])
    const used = Object.fromEntries([...started.book.uses()].map(({ id, share, refusals }) => [id, `${share} ${refusals}`]))
    expect(used).toMatchObject({ all: '0.5 0', user: '1 2', team: '1 1', tag: '0.5 0', model: '0.4 0' })
    expect(used['key']).toMatch(/^0\.33/)
  })

  it('of tokens or money settles what was really used: in one piece, as a stream, after an abort and after a failure', async () => {
    const prices = { 'sim-chat': { input: 1_000, output: 2_000, currency: 'USD' } }
    const started = await start(
      [budget({ id: 'tokens', unit: 'tokens', amount: 1_000_000 }), budget({ id: 'money', unit: 'money', amount: 1_000 * MONEY_PARTS })],
      {
        prices: () => prices,
        config: { defaults: { retry: { attempts: 1 } } },
        members: { only: { backend: { models: ['sim-chat'] }, simulator: { tokens: 20, tokensPerSecond: 500 } } },
      },
    )
    const { fleet, book } = started
    const costOf = (prompt: number, completion: number) => (prompt * 1_000 + completion * 2_000) / 1_000_000
    let before = { tokens: 0, money: 0 }
    /** What the last request has cost, and whether that is what its record says. */
    const settled = async (count: number) => {
      await fleet.settled(count)
      const now = { tokens: spent(book, 'tokens') * 1_000_000, money: spent(book, 'money') * 1_000 }
      const drawn = { tokens: Math.round(now.tokens - before.tokens), money: now.money - before.money }
      before = now
      const { usage } = fleet.records[count - 1] ?? {}
      return { ...drawn, usage, told: usage === undefined ? 0 : costOf(usage.promptTokens, usage.completionTokens) }
    }
    await fleet.chat({ max_tokens: 50 })
    const whole = await settled(1)
    expect(whole.tokens).toBe(whole.usage?.totalTokens)
    expect(whole.money).toBeCloseTo(whole.told, 9)
    await (
      await openStream(fleet.url)
    ).text
    const streamed = await settled(2)
    expect(streamed.tokens).toBe(streamed.usage?.totalTokens)
    expect(streamed.money).toBeCloseTo(streamed.told, 9)
    const left = await openStream(fleet.url)
    left.leave()
    // Nobody told what it was: counted by the gateway, the prompt too.
    const cut = await settled(3)
    expect(cut.usage).toMatchObject({ estimated: true })
    expect(cut.tokens).toBeGreaterThan(cut.usage?.completionTokens ?? Infinity)
    expect(cut.tokens).toBeLessThan(streamed.tokens + 50)
    fleet.simulator('only').setFault('sim-chat', { name: 'status', status: 500 })
    expect((await fleet.chat()).status).toBe(502)
    expect(await settled(4)).toMatchObject({ tokens: 0, money: 0 })
    for (const each of book.ledger.budgets.values()) expect(hasOpen(book.ledger.accountOf(each, NOON).vector)).toBe(false)
  })

  it('gives a request back that nobody was asked for', async () => {
    const started = await start([budget({ amount: 2 })], {
      members: { only: { backend: { models: ['sim-chat'], enabled: true }, down: true } },
    })
    for (const expected of [503, 503, 503]) expect((await started.fleet.chat()).status).toBe(expected)
  })
})

describe('what was spent', () => {
  it('goes on after a restart, exactly', async () => {
    const store = new MemoryStore()
    const first = await start([budget({ amount: 1_000 })], { store })
    await statuses(first, 30, 10)
    await first.fleet.gateway.stop('now')
    await first.book.stop()
    expect(await counterOf(store, 'budget/b/requests:2026-08-21')).toBe(30)
    const second = await start([budget({ amount: 31 })], { store })
    expect(await statuses(second, 5, 1)).toEqual({ '200': 1, '429': 4 })
  })

  it('is never spent twice, although a process vanished without a word: what it had claimed ahead is gone with it', async () => {
    const store = new MemoryStore()
    const first = await start([budget({ amount: 1_000 })], { store })
    expect(await statuses(first, 500, 50)).toEqual({ '200': 500 })
    // No stop: the next one finds what was written in time.
    const second = await start([budget({ amount: 1_000 })], { store })
    const after = await statuses(second, 600, 50)
    expect(after['200']).toBeLessThanOrEqual(500)
    expect(after['200']).toBeGreaterThanOrEqual(500 - 3 * 10)
  })

  it('is in the store before anybody is asked', async () => {
    const store = new MemoryStore()
    const started = await start([budget({ amount: 300 })], { store })
    let asked = 0
    let behind = 0
    await inParallel(400, 40, async () => {
      const { status } = await started.fleet.chat()
      if (status !== 200) return
      asked = Math.max(asked, started.fleet.posts('only').length)
      const inStore = (await counterOf(store, 'budget/b/requests:2026-08-21')) ?? 0
      behind = Math.max(behind, asked - inStore)
    })
    expect([asked, behind]).toEqual([300, 0])
  })

  it('is known to others that share the store, up to what they have claimed ahead', async () => {
    const store = new MemoryStore()
    const first = await start([budget({ amount: 100 })], { store })
    const second = await start([budget({ amount: 100 })], { store })
    expect(await statuses(first, 60, 20)).toEqual({ '200': 60 })
    await second.book.refresh()
    const after = await statuses(second, 60, 20)
    expect(after['200']).toBeLessThanOrEqual(40)
    expect(after['200']).toBeGreaterThanOrEqual(37)
  })

  it('is kept while the store is out of order, and written when it is back', async () => {
    const inner = new MemoryStore()
    let down = false
    const failed: unknown[] = []
    const store: Store = {
      kind: 'memory',
      commit: (writes) => (down ? Promise.reject(new StoreError('unavailable', 'down')) : inner.commit(writes)),
      get: (...args) => inner.get(...args),
      list: (...args) => inner.list(...args),
      read: (...args) => inner.read(...args),
      extent: (log) => inner.extent(log),
      counters: (prefix) => inner.counters(prefix),
      onChange: () => inner.onChange(),
      contents: () => inner.contents(),
      check: () => inner.check(),
      close: () => inner.close(),
    }
    const started = await start([budget({ amount: 100 })], { store, onStore: (error) => failed.push(error) })
    down = true
    expect(await statuses(started, 50, 10)).toEqual({ '200': 50 })
    expect(failed.length).toBeGreaterThan(0)
    down = false
    await eventually(async () => expect(await counterOf(inner, 'budget/b/requests:2026-08-21')).toBeGreaterThanOrEqual(50))
    expect(await statuses(started, 60, 10)).toEqual({ '200': 50, '429': 10 })
    await started.book.stop()
    expect(await counterOf(inner, 'budget/b/requests:2026-08-21')).toBe(100)
  })
})
