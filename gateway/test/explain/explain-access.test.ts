import type { ExplainRequest } from '@jairouter/contract/management/explain'
import { explanationSchema } from '@jairouter/contract/management/explain'
import { describe, expect, it } from 'vitest'
import { ask, messages } from '../support/ask.ts'
import { startManaged, type Managed } from '../support/start-managed.ts'
import { FORBIDDEN, RULES, SECRET } from '../content/guarded.ts'

function question(more: Partial<ExplainRequest> = {}): ExplainRequest {
  return { endpoint: 'chat', headers: {}, body: { model: 'sim-chat', messages }, address: '127.0.0.1', ...more }
}

async function explain({ fleet }: Managed, more: Partial<ExplainRequest> = {}) {
  return explanationSchema.parse(await fleet.gateway.explain(question(more)))
}

interface Made {
  readonly id: string
  readonly key: string
}

async function makeKey(managed: Managed, more: object = {}): Promise<Made> {
  const { body, code } = await managed.call('POST /keys', { body: { name: 'app', ...more } })
  if (code !== undefined) throw new Error(code)
  return body as unknown as Made
}

describe('who may come in', () => {
  it('a key of the store is known by its id and by its name', async () => {
    const managed = await startManaged()
    const { id } = await makeKey(managed)
    expect(await explain(managed, { key: id })).toMatchObject({ key: 'app', outcome: 'asks' })
    expect(await explain(managed, { key: 'app' })).toMatchObject({ key: 'app', outcome: 'asks' })
    expect((await explain(managed, { key: 'other' })).refusal).toMatchObject({ stage: 'key', status: 401 })
    expect((await explain(managed)).refusal).toMatchObject({ stage: 'key', status: 401 })
  })

  it('a block of its address, or of the key, is told as the real request is', async () => {
    const managed = await startManaged()
    const { id, key } = await makeKey(managed)
    await managed.call('POST /blocks', { body: { kind: 'address', value: '192.0.2.0/24', reason: 'noise' } })
    expect((await explain(managed, { key: id, address: '192.0.2.9' })).refusal).toMatchObject({
      stage: 'access',
      code: 'blocked',
      status: 403,
    })
    expect((await explain(managed, { key: id })).outcome).toBe('asks')
    await managed.call('POST /blocks', { body: { kind: 'key', value: id, reason: 'leaked' } })
    const { refusal } = await explain(managed, { key: id })
    const answer = await managed.chat(key)
    expect(refusal).toMatchObject({ stage: 'access', status: answer.status, code: answer.code })
  })

  it('failed tries from its address, which it does not add to; and addresses that the key is not for', async () => {
    const config = { auth: { failures: { limit: 3 }, keys: [{ name: 'own', key: 'own-key-of-the-config' }] } }
    const managed = await startManaged({ config })
    const { id } = await makeKey(managed, { addresses: ['10.0.0.0/8'] })
    for (let count = 0; count < 9; count += 1) await explain(managed, { key: 'nobody' })
    expect((await explain(managed, { key: 'own' })).outcome).toBe('asks')
    for (let count = 0; count < 3; count += 1) await managed.chat('a-wrong-key')
    const { refusal } = await explain(managed, { key: 'own' })
    const answer = await managed.chat('own-key-of-the-config')
    expect(refusal).toMatchObject({ stage: 'access', status: answer.status, code: answer.code })
    expect(answer.status).toBe(429)
    expect((await explain(managed, { key: 'own', address: '192.0.2.9' })).outcome).toBe('asks')
    expect((await explain(managed, { key: id, address: '192.0.2.9' })).refusal).toMatchObject({
      stage: 'access',
      code: 'permission_denied',
    })
    expect((await explain(managed, { key: id, address: '10.1.2.3' })).outcome).toBe('asks')
  })
})

describe('budgets', () => {
  it('are told with what the request would take, and nothing is taken', async () => {
    const managed = await startManaged({ config: { prices: { 'sim-chat': { input: 1, output: 2 } } } as never })
    const { id, key } = await makeKey(managed)
    const make = (body: object) => managed.call('POST /budgets', { body })
    await make({ id: 'few', scope: 'key', subject: id, unit: 'requests', amount: 2, period: 'day' })
    await make({ id: 'tokens', scope: 'model', subject: 'sim-chat', unit: 'tokens', amount: 1_000, period: 'month' })
    await make({ id: 'others', scope: 'team', subject: 'blue', unit: 'requests', amount: 0, period: 'day' })
    const body = { model: 'sim-chat', messages, max_tokens: 100 }
    for (let count = 0; count < 5; count += 1) {
      const { budgets, outcome } = await explain(managed, { key: id, body })
      expect(outcome).toBe('asks')
      expect(budgets).toMatchObject([
        { id: 'few', scope: 'key', subject: id, amount: 2, remaining: 2, wouldTake: 1, verdict: 'pass' },
        { id: 'tokens', scope: 'model', amount: 1_000, remaining: 1_000, verdict: 'pass' },
      ])
      expect(budgets[1]?.wouldTake).toBeGreaterThan(100)
    }
    expect([(await managed.chat(key)).status, (await managed.chat(key)).status]).toEqual([200, 200])
    const { refusal, budgets } = await explain(managed, { key: id })
    expect(budgets[0]).toMatchObject({ remaining: 0, verdict: 'deny' })
    const answer = await managed.chat(key)
    expect(refusal).toMatchObject({ stage: 'budgets', status: answer.status, code: answer.code })
    expect([...managed.access.book.uses()].find((use) => use.id === 'few')?.refusals).toBe(1)
  })

  it('of money leave no note of models without a price', async () => {
    const managed = await startManaged()
    const { id } = await makeKey(managed)
    await managed.call('POST /budgets', { body: { id: 'money', scope: 'all', unit: 'money', amount: 5, period: 'day' } })
    expect((await explain(managed, { key: id })).budgets).toMatchObject([
      { id: 'money', currency: 'USD', amount: 5, remaining: 5, wouldTake: 0 },
    ])
    expect((await managed.call('GET /budgets/money')).body).toMatchObject({ unpriced: [] })
  })
})

describe('content rules', () => {
  const config = { contentRules: RULES, defaults: { content: ['mail', 'seen', 'stop'] } }
  const saying = (content: string) => ({ model: 'sim-chat', messages: [{ role: 'user', content }] })

  it('are told with how often they match, and never what', async () => {
    const managed = await startManaged({ config })
    await makeKey(managed)
    const body = saying(`Write to ${SECRET} and ${SECRET}`)
    const explanation = await explain(managed, { key: 'app', body })
    expect(explanation.outcome).toBe('asks')
    expect(explanation.content).toEqual([
      { rule: 'mail', action: 'mask', on: ['request', 'answer'], matches: 2 },
      { rule: 'seen', action: 'flag', on: ['request', 'answer'], matches: 2 },
      { rule: 'stop', action: 'block', on: ['request', 'answer'], matches: 0 },
    ])
    expect(explanation.rewrites[0]?.changed).toContain('messages')
    expect(JSON.stringify(explanation)).not.toContain('secret-house')
  })

  it('that block are a refusal, after limits', async () => {
    const managed = await startManaged({ config })
    const { key } = await makeKey(managed)
    const body = saying(`A ${FORBIDDEN} flies`)
    const { refusal, content } = await explain(managed, { key: 'app', body })
    const answer = await managed.chat(key, body)
    expect(refusal).toMatchObject({ stage: 'content', status: answer.status, code: answer.code })
    expect(answer.code).toBe('content_blocked')
    expect(content.find(({ rule }) => rule === 'stop')?.matches).toBe(1)
    await managed.call('POST /budgets', { body: { scope: 'all', unit: 'requests', amount: 0, period: 'day' } })
    expect((await explain(managed, { key: 'app', body })).refusal).toMatchObject({ stage: 'budgets' })
    expect((await managed.chat(key, body)).code).toBe('insufficient_quota')
  })

  it('refuse sessions at once, and look into no upload', async () => {
    const managed = await startManaged({
      config: { ...config, models: [{ name: 'stt', service: 'stt', targets: [{ backend: 'only', model: 'sim-stt' }] }] },
    })
    await makeKey(managed)
    const upload = await explain(managed, { key: 'app', endpoint: 'transcription', body: { model: 'stt', prompt: SECRET } })
    expect(upload.content.map(({ matches }) => matches)).toEqual([null, null, null])
    const session = await explain(managed, { key: 'app', endpoint: 'realtime', body: { model: 'sim-chat' } })
    expect(session.refusal).toMatchObject({ stage: 'content', code: 'invalid_request' })
  })
})

describe('experiments', () => {
  const members = { base: { backend: { models: ['sim-chat'] } }, canary: { backend: { models: ['sim-chat'] } } }
  const targets = [
    { backend: 'base', model: 'sim-chat' },
    { backend: 'canary', model: 'sim-chat', group: 'canary' },
  ]
  const start = (experiment: object) =>
    startManaged({ members, config: { auth: { mode: 'none' }, models: [{ name: 'smart', targets, experiment: experiment as never }] } })
  const body = { model: 'smart', messages, user: 'ada' }
  const GROUPS = [{ name: 'control' }, { name: 'canary', weight: 3 }]

  it('by a rule: its group, and that group\u2019s servers', async () => {
    const managed = await start({ groups: GROUPS, rules: [{ group: 'control', header: { name: 'x-group', is: 'a' } }] })
    const told = await explain(managed, { body, headers: { 'X-Group': 'a' } })
    expect(told).toMatchObject({
      goesTo: 'base/sim-chat',
      experiment: { group: 'control', by: 'rule', rule: 0, sticky: null, shadow: null },
    })
  })

  it('who sticks to a group goes where real requests go', async () => {
    const managed = await start({ groups: GROUPS, sticky: 'user', shadow: { group: 'canary', share: 0.5 } })
    for (const user of ['ada', 'bob', 'cleo', 'dan', 'eve', 'fay']) {
      const asked = { ...body, user }
      const { experiment, goesTo } = await explain(managed, { body: asked })
      const answer = await ask(`${managed.fleet.url}/v1/chat/completions`, { body: asked })
      expect(goesTo).toBe(`${answer.headers['x-jairouter-backend']}/sim-chat`)
      expect(experiment).toMatchObject({
        by: 'sticky',
        sticky: 'user',
        shadow: experiment?.group === 'canary' ? null : { group: 'canary', share: 0.5 },
      })
    }
  })

  it('drawn ones are told as drawn, with the chances', async () => {
    const managed = await start({ groups: GROUPS, shadow: { group: 'control', share: 1 } })
    const told = await explain(managed, { body })
    expect(told).toMatchObject({
      goesTo: 'canary/sim-chat',
      experiment: {
        group: 'canary',
        by: 'drawn',
        rule: null,
        chances: [
          { group: 'control', share: 0.25 },
          { group: 'canary', share: 0.75 },
        ],
        shadow: { group: 'control', share: 1 },
      },
    })
    expect((await explain(managed, { body: { ...body, store: true } })).experiment?.shadow).toBeNull()
    expect((await explain(managed, { body: { model: 'sim-chat', messages } })).experiment).toBeNull()
  })
})
