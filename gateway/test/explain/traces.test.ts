import { createHash } from 'node:crypto'
import type { ConfigInput } from '@jairouter/contract/config'
import type { Trace } from '@jairouter/contract/management/explain'
import { describe, expect, it } from 'vitest'
import { explainRoutes } from '../../src/admin/explain.ts'
import type { KeyRecord } from '../../src/config/snapshot.ts'
import { traceSchema, explanationSchema } from '@jairouter/contract/management/explain'
import { chat, openStream } from '../support/ask.ts'
import { startFleet, type Fleet, type Member } from '../support/start-fleet.ts'

const LISTED: Member = { backend: { models: ['sim-chat'] } }
const PAIR = { first: LISTED, second: { backend: { models: ['sim-chat'], priority: 2 } } }
const CANARY = 'canary-words-of-a-prompt'
const KEY = 'canary-key-of-a-client'
const NONE = { explain: { sample: 0 } } satisfies Partial<ConfigInput>

function kept(fleet: Fleet, id: string): Trace {
  const found = fleet.gateway.traces.find(id)
  if (found.state !== 'kept') throw new Error(`The trace of ${id} is ${found.state}`)
  return traceSchema.parse(found.trace)
}

function asked(fleet: Fleet, id: string, more: object = {}, headers: Record<string, string> = {}) {
  return chat(fleet.url, { messages: [{ role: 'user', content: CANARY }], ...more }, { headers: { 'x-request-id': id, ...headers } })
}

/** Each part within the request, each attempt's marks in order, stages one after the other. */
function expectInOrder({ attempts, stages, duration }: Trace): void {
  for (const { from, connected, headers, firstToken, to } of attempts) {
    const marks = [0, from, connected, headers, firstToken, to, duration + 1].filter((mark) => mark !== null)
    expect(marks).toEqual(marks.toSorted((a, b) => a - b))
  }
  const ends = stages.flatMap(({ from, to }) => [from, to])
  expect(ends).toEqual(ends.toSorted((a, b) => a - b))
  expect(stages[0]).toMatchObject({ name: 'read', from: 0 })
}

describe('the decision of a request is kept', () => {
  it('that was retried', async () => {
    const fleet = await startFleet(PAIR, { ...NONE, defaults: { hedge: { enabled: false } } })
    fleet.simulator('first').setFault('sim-chat', { name: 'status', status: 500 })
    await asked(fleet, 'retried-1')
    const trace = kept(fleet, 'retried-1')
    expect(trace).toMatchObject({
      why: ['retried'],
      status: 200,
      model: 'sim-chat',
      attempts: [
        {
          n: 1,
          why: 'first',
          instance: 'first/sim-chat',
          outcome: 'status_500',
          status: 500,
          code: 'upstream_error',
          unsent: false,
          firstToken: null,
        },
        { n: 2, why: 'retry', instance: 'second/sim-chat', outcome: 'ok', status: 200, code: null },
      ],
      plans: [
        {
          candidates: [
            { instance: 'first/sim-chat', reason: 'tried' },
            { instance: 'second/sim-chat', reason: null },
          ],
        },
      ],
    })
    expect(trace.stages.map(({ name }) => name)).toEqual(['read', 'admit', 'ask', 'answer'])
    expectInOrder(trace)
    expect(trace.attempts[1]?.from).toBeGreaterThanOrEqual(trace.attempts[0]?.to ?? Infinity)
  })

  it('that was hedged: both calls overlap', async () => {
    const fleet = await startFleet(PAIR, { ...NONE, defaults: { hedge: { after: '30ms', budget: 1 } } })
    fleet.simulator('first').setFault('sim-chat', { name: 'hang' })
    await asked(fleet, 'hedged-1')
    const trace = kept(fleet, 'hedged-1')
    expect(trace).toMatchObject({
      why: ['hedged'],
      hedge: 'won',
      attempts: [
        { why: 'first', outcome: 'hedge_lost' },
        { why: 'hedge', outcome: 'ok' },
      ],
    })
    expect(trace.attempts[1]?.from).toBeLessThan(trace.attempts[0]?.to ?? 0)
    expectInOrder(trace)
  })

  it('that fell back, and that failed', async () => {
    const members = { main: LISTED, spare: { backend: { models: [{ name: 'sim-chat', as: 'spare' }] } } }
    const fleet = await startFleet(members, { ...NONE, defaults: { retry: { attempts: 1 }, fallback: [{ model: 'spare' }] } })
    fleet.simulator('main').setFault('sim-chat', { name: 'status', status: 500 })
    await asked(fleet, 'fallen-1')
    expect(kept(fleet, 'fallen-1')).toMatchObject({
      why: ['fallen-back'],
      fallback: 'model',
      attempts: [{ why: 'first' }, { why: 'fallback', instance: 'spare/sim-chat' }],
    })
    fleet.simulator('spare').setFault('sim-chat', { name: 'status', status: 500 })
    await asked(fleet, 'failed-1')
    const failed = kept(fleet, 'failed-1')
    expect(failed.why).toEqual(['failed', 'fallen-back'])
    expect(failed).toMatchObject({ status: 502, code: 'upstream_error' })
    expectInOrder(failed)
  })

  it('that was slow, with how the instances stood in the end', async () => {
    const fleet = await startFleet(PAIR, { ...NONE, services: { chat: { slow: '20ms' } } })
    await asked(fleet, 'quick-1')
    fleet.simulator('first').setFault('sim-chat', { name: 'slow', after: 40 })
    await asked(fleet, 'slow-1')
    expect(kept(fleet, 'slow-1')).toMatchObject({
      why: ['slow'],
      status: 200,
      plans: [{ candidates: [{ reason: null }, { reason: null }] }],
    })
  })

  it('whose client has left', async () => {
    const fleet = await startFleet(PAIR, NONE)
    fleet.simulator('first').setFault('sim-chat', { name: 'stall', after: 1 } as never)
    const stream = await openStream(fleet.url, {}, { headers: { 'x-request-id': 'left-1' } }).catch(() => undefined)
    stream?.leave()
    await fleet.settled(1)
    const trace = kept(fleet, 'left-1')
    expect(trace).toMatchObject({ status: 499, code: 'client_closed', attempts: [{ outcome: 'client_closed' }] })
    expect(trace.why).toContain('failed')
    expectInOrder(trace)
  })

  it('that was refused, in a room of its own', async () => {
    const fleet = await startFleet(PAIR, { explain: { sample: 0, keep: 8 } })
    fleet.simulator('first').setFault('sim-chat', { name: 'status', status: 500 })
    await asked(fleet, 'retried-1')
    for (let count = 0; count < 20; count += 1) await asked(fleet, `refused-${count}`, { model: 'none' })
    expect(kept(fleet, 'retried-1').why).toEqual(['retried'])
    expect(kept(fleet, 'refused-19')).toMatchObject({ why: ['refused'], status: 404, code: 'model_not_found', model: null, attempts: [] })
    expect(fleet.gateway.traces.find('refused-0')).toEqual({ state: 'expired' })
  })

  it('of a sample of the others, and of nothing else', async () => {
    const fleet = await startFleet(PAIR, NONE)
    await asked(fleet, 'usual-1')
    expect(fleet.gateway.traces.find('usual-1')).toEqual({ state: 'not-sampled' })
    expect(fleet.gateway.traces.find('never-was')).toEqual({ state: 'unknown' })
    expect(fleet.records[0]?.plans).toBeUndefined()
    expect(fleet.apply({ ...fleet.config, explain: { sample: 1 } })).toEqual([])
    // Another share takes effect within a hundred requests.
    for (let count = 0; count < 102; count += 1) await asked(fleet, `later-${count}`)
    expect(kept(fleet, 'later-101')).toMatchObject({ why: ['sampled'], plans: [{ candidates: [{ reason: null }, { reason: null }] }] })
  })
})

it('holds no prompt, no key and no answer, and is listed and found through the management routes', async () => {
  const fleet = await startFleet(PAIR, { explain: { sample: 1 }, auth: { keys: [{ name: 'app', key: KEY }] } })
  fleet.simulator('first').setFault('sim-chat', { name: 'status', status: 500 })
  const headers = { authorization: `Bearer ${KEY}` }
  for (let count = 0; count < 3; count += 1) await asked(fleet, `seen-${count}`, {}, headers)
  const all = [...fleet.gateway.traces.newest()].map(({ trace }) => trace)
  expect(all.map(({ id, key }) => [id, key])).toEqual([2, 1, 0].map((count) => [`seen-${count}`, 'app']))
  expect(JSON.stringify(all)).not.toMatch(/canary/)

  const { explain, traces } = fleet.gateway
  const explainWith = () => Promise.reject(new Error('no version was asked for'))
  const routes = explainRoutes({ explain, explainWith, traces, wallClock: Date.now })
  const call = async (path: string, parts: object) => {
    const route = routes.find((one) => one.path === path)
    if (route === undefined) throw new Error(`There is no route ${path}`)
    const request = {
      params: {},
      query: {},
      body: {},
      headers: {},
      actor: undefined,
      origin: { actor: { kind: 'system' as const } },
      requestId: 'r',
      address: '::1',
      ifMatch: undefined,
      dryRun: false,
      signal: new AbortController().signal,
      ...parts,
    }
    return (await route.handle(request)).body
  }
  const list = await call('/requests/traces', { query: { limit: 2, why: 'retried' } })
  expect(list).toMatchObject({ items: [{ id: 'seen-2', attempts: 2, backend: 'second' }, { id: 'seen-1' }], total: { value: 3 } })
  const next = String(Reflect.get(Object(list), 'next'))
  expect(await call('/requests/traces', { query: { limit: 2, why: 'retried', cursor: next } })).toMatchObject({ items: [{ id: 'seen-0' }] })
  expect(await call('/requests/:id', { params: { id: 'seen-1' } })).toMatchObject({ id: 'seen-1' })
  await expect(call('/requests/:id', { params: { id: 'seen-9' } })).rejects.toMatchObject({
    code: 'not_found',
    params: { state: 'unknown' },
  })
  const again = explanationSchema.parse(await call('/requests/:id/explain', { params: { id: 'seen-1' }, body: { at: 'now' } }))
  expect(again).toMatchObject({ key: 'app', model: 'sim-chat', outcome: 'asks', goesTo: 'first/sim-chat' })
})

describe('x-jairouter-explain: 1', () => {
  const CONFIG = { ...NONE, auth: { keys: [{ name: 'app', key: KEY }] } } satisfies Partial<ConfigInput>
  const headers = { authorization: `Bearer ${KEY}`, 'x-jairouter-explain': '1' }

  it('is answered to those who run the gateway, also with an error', async () => {
    const fleet = await startFleet(PAIR, CONFIG)
    const keys = fleet.gateway.snapshot.auth.keys as Map<string, KeyRecord>
    const digest = createHash('sha256').update(KEY).digest('hex')
    const record = keys.get(digest)
    if (record !== undefined) keys.set(digest, { ...record, role: 'operator' })
    fleet.simulator('first').setFault('sim-chat', { name: 'status', status: 500 })
    const good = await asked(fleet, 'told-1', {}, headers)
    const told: unknown = JSON.parse(decodeURIComponent(String(good.headers['x-jairouter-explain'])))
    expect(told).toMatchObject({
      id: 'told-1',
      model: 'sim-chat',
      attempts: [
        { instance: 'first/sim-chat', why: 'first', outcome: 'status_500' },
        { instance: 'second/sim-chat', why: 'retry', outcome: 'open' },
      ],
      candidates: [
        ['first/sim-chat', 'tried'],
        ['second/sim-chat', 'eligible'],
      ],
    })
    expect(kept(fleet, 'told-1').why).toEqual(['retried', 'asked'])
    const bad = await asked(fleet, 'told-2', { model: 'none' }, headers)
    expect(bad.status).toBe(404)
    expect(JSON.parse(decodeURIComponent(String(bad.headers['x-jairouter-explain'])))).toMatchObject({ id: 'told-2', attempts: [] })
    expect(fleet.posts('second')[0]?.headers).not.toHaveProperty('x-jairouter-explain')
  })

  it('of others is not looked at', async () => {
    const fleet = await startFleet(PAIR, CONFIG)
    const answer = await asked(fleet, 'untold-1', {}, headers)
    expect(answer.headers).not.toHaveProperty('x-jairouter-explain')
    expect(fleet.gateway.traces.find('untold-1')).toEqual({ state: 'not-sampled' })
  })
})
