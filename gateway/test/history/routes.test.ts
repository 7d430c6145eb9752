import { describe, expect, it } from 'vitest'
import { activeRequestRoutes } from '../../src/admin/active-requests.ts'
import { historyRoutes } from '../../src/admin/history.ts'
import { usageRoutes } from '../../src/admin/usage.ts'
import { AUDIT_LOG } from '../../src/auth/audit/audit-entry.ts'
import { bitOf } from '../../src/history/history-row.ts'
import { packEntries } from '../../src/history/packed-entries.ts'
import { MemoryHistory } from '../../src/history/memory-history.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { messages, openStream } from '../support/ask.ts'
import { examplesAgainst } from '../support/check-routes.ts'
import { eventually } from '../support/eventually.ts'
import { serveRoutes } from '../support/serve-routes.ts'
import { DAYS_MS, randomEntries, START } from './random-entries.ts'
import { startRecorded } from './start-recorded.ts'

const now = () => START + DAYS_MS

const contents = () => ({ keepMs: DAYS_MS, readers: ['admin' as const] })

async function served(count = 200) {
  const history = new MemoryHistory()
  const entries = randomEntries(count, 3)
  await history.write({ id: 'b', packed: packEntries(entries) })
  const store = new MemoryStore()
  const ports = { history, store, now, contents, startingPricesOf: () => '2025-01-01' }
  const routes = [...historyRoutes(ports), ...usageRoutes(ports)]
  const url = await serveRoutes(routes)
  const get = async (path: string, role = 'viewer') => {
    const response = await fetch(url + path, { headers: { 'x-role': role } })
    const text = await response.text()
    const type = response.headers.get('content-type') ?? ''
    const body: unknown = type.includes('json') && !type.includes('ndjson') ? JSON.parse(text) : undefined
    return { status: response.status, text, headers: response.headers, body: body as { readonly [field: string]: never } }
  }
  return { entries, store, routes, get }
}

describe('the call history over the management API', () => {
  it('is told page by page', async () => {
    const { entries, get, routes } = await served()
    const wanted = entries.filter(({ request }) => request.status >= 500 && request.model !== 'gpt-4o').map(({ request }) => request.id)
    const found: string[] = []
    for (let cursor = ''; ;) {
      const { body } = await get(`/history?limit=7&q=${encodeURIComponent('status>=500 -model:gpt-4o')}${cursor}`)
      const { items, next } = body as unknown as { items: { id: string }[]; next?: string }
      found.push(...items.map(({ id }) => id))
      if (next === undefined) break
      cursor = `&cursor=${next}`
    }
    expect(found.toSorted()).toEqual(wanted.toSorted())
    const list = routes.find(({ path }) => path === '/history')
    expect(list?.answers[200]?.schema?.safeParse((await get('/history')).body)).toMatchObject({ success: true })
  })

  it('says where a query can’t be read', async () => {
    const { get } = await served(1)
    for (const path of ['/history', '/history/facets', '/history/histogram', '/history/export']) {
      const { status, text } = await get(`${path}?q=status:x`)
      expect([status, text]).toEqual([400, expect.stringContaining('characters 7 to 8')])
    }
    expect((await get('/history?cursor=x')).status).toBe(400)
    expect((await get('/history/facets?fields=words')).status).toBe(400)
  })

  it('tells one request with its calls', async () => {
    const { entries, get, routes } = await served()
    const wanted = entries.find(({ attempts }) => attempts.length > 1)
    const { body } = await get(`/history/${wanted?.request.id ?? ''}`)
    expect(body).toMatchObject({ request: { id: wanted?.request.id, in: wanted?.request.in }, attempts: [{ n: 1 }, { n: 2 }] })
    expect(routes.find(({ path }) => path === '/history/:id')?.answers[200]?.schema?.safeParse(body)).toMatchObject({ success: true })
    expect((await get('/history/never')).status).toBe(404)
  })

  it('counts values and times', async () => {
    const { entries, get } = await served()
    const facets = (await get('/history/facets?fields=status,flag')).body as unknown as {
      facets: Record<string, { count: number }[]>
      rate: number
    }
    expect(facets.rate).toBe(1)
    expect(facets.facets['status']?.reduce((sum, { count }) => sum + count, 0)).toBe(entries.length)
    const range = `from=${new Date(START).toISOString()}&to=${new Date(START + DAYS_MS).toISOString()}`
    const { lines, t } = (await get(`/history/histogram?buckets=12&${range}`)).body as unknown as { lines: { v: number[] }[]; t: number[] }
    expect([t.length, lines.flatMap(({ v }) => v).reduce((sum, count) => sum + count, 0)]).toEqual([12, entries.length])
  })

  it('is given away as NDJSON and CSV, with an entry in the audit', async () => {
    const { entries, get, store } = await served(1_200)
    const ndjson = await get('/history/export?q=model:gpt-4o')
    const wanted = entries.filter(({ request }) => request.model === 'gpt-4o')
    expect(
      ndjson.text
        .trim()
        .split('\n')
        .map((line) => String(Reflect.get(JSON.parse(line) as object, 'id')))
        .toSorted(),
    ).toEqual(wanted.map(({ request }) => request.id).toSorted())
    const csv = await get('/history/export?format=csv&limit=1100')
    expect(csv.headers.get('content-type')).toContain('text/csv')
    expect(csv.text.trim().split('\r\n')).toHaveLength(1_101)
    const audit = await store.read(AUDIT_LOG, { after: 0, limit: 10 })
    expect(audit.map(({ body }) => body['action'])).toEqual(['history.export', 'history.export'])
  })

  it('has examples that are valid', async () => {
    const { routes } = await served(1)
    const active = activeRequestRoutes({ open: () => [], store: new MemoryStore(), now, monotonic: now })
    expect(examplesAgainst([...routes, ...active]).filter((line) => /history|usage|requests\/(active|:id\/abort)/.test(line))).toEqual([])
  })
})

describe('usage over the management API', () => {
  it('sums up what was asked for', async () => {
    const { entries, get } = await served()
    const { items, total } = (await get('/usage?by=model,currency')).body as unknown as {
      items: { by: { model: string }; sums: { cost: number } }[]
      total: { requests: number; cost: number }
    }
    const cost = entries.reduce((sum, { request }) => sum + (request.cost ?? 0), 0)
    expect([total.requests, total.cost, items.reduce((sum, { sums }) => sum + sums.cost, 0)]).toEqual([entries.length, cost, cost])
    const day = (await get('/usage?by=&group=day')).body as unknown as { items: { start: string }[] }
    expect(day.items.map(({ start }) => start)).toEqual([new Date(START).toISOString(), new Date(START + DAYS_MS / 2).toISOString()])
    expect((await get('/usage?by=colour')).status).toBe(400)
  })

  it('shows developers their own, whatever they ask for', async () => {
    const history = new MemoryHistory()
    const [first, second] = randomEntries(2, 5)
    if (first === undefined || second === undefined) throw new Error('no entries')
    const own = { ...first, request: { ...first.request, user: 'developer' } }
    await history.write({ id: 'b', packed: packEntries([own, { ...second, request: { ...second.request, user: 'ada' } }]) })
    const url = await serveRoutes([
      ...usageRoutes({ history, now, startingPricesOf: () => undefined }),
      ...historyRoutes({ history, store: new MemoryStore(), now, contents }),
    ])
    const get = async (path: string) => (await fetch(url + path, { headers: { 'x-role': 'developer' } })).json() as Promise<never>
    for (const path of ['/usage?by=user', '/usage?by=user&user=ada']) {
      const { items } = (await get(path)) as { items: { by: { user: string }; sums: { requests: number } }[] }
      expect(items.map(({ by, sums }) => [by.user, sums.requests])).toEqual([['developer', 1]])
    }
    const { lines } = (await get('/usage/series?by=user&m=requests&user=ada')) as { lines: { key: string; v: number[] }[] }
    expect(lines.map(({ key, v }) => [key, v.reduce((sum, value) => sum + value, 0)])).toEqual([['requests developer', 1]])
    expect(await get('/history')).toMatchObject({ code: 'permission_denied' })
  })

  it('tells what was said to its readers and to whose it was, for as long as it is kept, and writes down who read it', async () => {
    const history = new MemoryHistory()
    const store = new MemoryStore()
    const [entry] = randomEntries(1, 5)
    if (entry === undefined) throw new Error('no entry')
    const message = [{ role: 'user', parts: [{ type: 'text', content: 'to [email]' }] }]
    const rowOf = (id: string, user: string, time: number, more: Partial<typeof entry> = {}) => ({
      ...entry,
      ...more,
      request: { ...entry.request, id, user, time, flags: more.content === undefined ? 0 : bitOf('captured') },
    })
    const content = { input: JSON.stringify(message), output: null, masked: 1, cut: 0 }
    const recent = START + DAYS_MS - 1_000
    const entries = [
      rowOf('own', 'developer', recent, { content }),
      rowOf('other', 'ada', recent, { content: { ...content, masked: 0 } }),
      rowOf('old', 'developer', START - 1, { content }),
      rowOf('silent', 'developer', recent),
    ]
    await history.write({ id: 'b', packed: packEntries(entries) })
    const url = await serveRoutes(historyRoutes({ history, store, now, contents }))
    const get = async (path: string, role: string) => (await fetch(url + path, { headers: { 'x-role': role } })).json() as Promise<never>
    const stateOf = async (id: string, role: string) => Reflect.get(await get(`/history/${id}/content`, role), 'state') as unknown
    expect(await get('/history/own/content', 'developer')).toEqual({
      state: 'redacted',
      reason: expect.any(String),
      input: message,
      output: null,
      masked: 1,
      cut: false,
      expires: new Date(recent + DAYS_MS).toISOString(),
    })
    expect(await Promise.all(['own', 'other', 'old', 'silent'].map((id) => stateOf(id, 'admin')))).toEqual([
      'redacted',
      'kept',
      'expired',
      'off',
    ])
    expect(await Promise.all(['own', 'silent'].map((id) => stateOf(id, 'operator')))).toEqual(['denied', 'off'])
    expect(await get('/history/own/content', 'viewer')).toMatchObject({ state: 'denied', input: null, output: null, expires: null })
    expect(await get('/history/other/content', 'developer')).toMatchObject({ code: 'not_found' })
    expect(await get('/history/own', 'viewer')).toMatchObject({ content: { state: 'denied' }, request: { id: 'own' } })
    expect(JSON.stringify(await get('/history/own', 'admin'))).not.toContain('[email]')
    const audit = await store.read(AUDIT_LOG, { after: 0, limit: 100 })
    const read = audit.map(({ body }) => JSON.stringify(body)).filter((text) => text.includes('history.content'))
    expect(read).toHaveLength(3)
    expect(read.join('')).not.toContain('[email]')
  })

  it('is told by time, too', async () => {
    const { entries, get } = await served()
    const { t, lines } = (await get('/usage/series?by=&step=hour&m=requests,in')).body as unknown as {
      t: number[]
      lines: { key: string; v: number[] }[]
    }
    const recent = entries.filter(({ request }) => request.time / 1_000 >= (t[0] ?? 0))
    expect(lines.map(({ key, v }) => [key, v.reduce((sum, value) => sum + value, 0)])).toEqual([
      ['requests', recent.length],
      ['in', recent.reduce((sum, { request }) => sum + request.in, 0)],
    ])
  })
})

describe('requests that are open', () => {
  it('are seen, and ended by who runs the gateway', async () => {
    const { fleet, history } = await startRecorded({ a: { backend: { models: ['sim-chat'] } } }, { store: new MemoryHistory() })
    const store = new MemoryStore()
    const routes = activeRequestRoutes({
      open: () => fleet.gateway.requests.all(),
      store,
      now: Date.now,
      monotonic: () => performance.now(),
    })
    const url = await serveRoutes(routes)
    const stall = { 'x-simulator-fault': 'stall:at=2' }
    const stream = await openStream(fleet.url, {}, { headers: { ...stall, 'x-request-id': 'streamed' } })
    fleet.simulator('a').setFault('sim-chat', { name: 'stall', at: 0 })
    const whole = fetch(`${fleet.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'whole' },
      body: JSON.stringify({ model: 'sim-chat', messages }),
    })
    await eventually(async () => {
      const { items } = (await (await fetch(`${url}/requests/active`)).json()) as {
        items: { id: string; phase: string; instance: string }[]
      }
      expect(items.map(({ id, phase, instance }) => [id, phase, instance]).toSorted()).toEqual([
        ['streamed', 'stream', 'a/sim-chat'],
        ['whole', 'first-token', 'a/sim-chat'],
      ])
    })
    const abort = async (id: string, role = 'operator') =>
      (await fetch(`${url}/requests/${id}/abort`, { method: 'POST', headers: { 'x-role': role } })).status
    expect([await abort('whole', 'viewer'), await abort('never')]).toEqual([403, 404])
    expect([await abort('whole'), await abort('streamed')]).toEqual([200, 200])
    const answer = await whole
    expect([answer.status, await answer.json()]).toMatchObject([499, { error: { code: 'aborted_by_operator' } }])
    const text = await stream.text
    expect(text).toContain('aborted_by_operator')
    expect(text).not.toContain('[DONE]')
    await fleet.settled(2)
    await history.flush()
    const page = await history.store.page({ filter: { terms: [] }, limit: 10, deadlineMs: 1_000 })
    expect(page.rows.map(({ status, code }) => [status, code])).toEqual([
      [499, 'aborted_by_operator'],
      [499, 'aborted_by_operator'],
    ])
    // Nothing is wrong with the instance.
    expect(fleet.gateway.plane.instances().map(({ breaker }) => breaker.state)).toEqual(['closed'])
    const audit = await store.read(AUDIT_LOG, { after: 0, limit: 10 })
    expect(audit.map(({ body }) => [body['action'], body['target']])).toEqual([
      ['request.abort', 'requests/whole'],
      ['request.abort', 'requests/streamed'],
    ])
  })
})
