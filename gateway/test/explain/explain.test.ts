import type { ExplainRequest } from '@jairouter/contract/management/explain'
import { BALANCERS } from '@jairouter/contract/names'
import { describe, expect, it } from 'vitest'
import { ask, chat, messages, openStream } from '../support/ask.ts'
import { startFleet, type Fleet, type FleetConfig, type Member } from '../support/start-fleet.ts'
import { startRelayed } from '../support/start-pair.ts'

const LISTED: Member = { backend: { models: ['sim-chat'] } }
const TRIO = { a: LISTED, b: LISTED, c: LISTED }

function question(more: Partial<ExplainRequest> = {}): ExplainRequest {
  return { endpoint: 'chat', headers: {}, body: { model: 'sim-chat', messages }, address: '127.0.0.1', ...more }
}

/** Numbers that look like chance and are the same in every run. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

describe('tells where a request goes', () => {
  // By chance alone there is nothing to tell; where the best are equal chance decides, too.
  it.each(BALANCERS.filter((name) => name !== 'random'))('under %s, whatever the weights, tiers and outages', async (balance) => {
    const random = dice(BALANCERS.indexOf(balance) + 7)
    const fleet = await startFleet(TRIO)
    for (let round = 0; round < 12; round += 1) {
      const backends = fleet.config.backends.map((backend) => ({
        ...backend,
        weight: 1 + Math.floor(random() * 9),
        priority: 1 + Math.floor(random() * 2),
        enabled: random() > 0.2,
      }))
      expect(fleet.apply({ ...fleet.config, backends, defaults: { balance } })).toEqual([])
      const body = { model: 'sim-chat', messages, user: `user-${round}` }
      const explanation = await fleet.gateway.explain(question({ body }))
      const answer = await chat(fleet.url, body)
      if (explanation.outcome === 'refused')
        expect(answer).toMatchObject({ status: explanation.refusal?.status, code: explanation.refusal?.code })
      else {
        const drawn = explanation.candidates.filter(({ share }) => share > 0).map(({ backend }) => backend)
        expect(drawn).toContain(answer.backend)
        if (drawn.length === 1) expect(explanation.goesTo).toBe(`${answer.backend}/sim-chat`)
      }
    }
  })

  it('and whom it goes to after each failure, as real ones do', async () => {
    const fleet = await startFleet(TRIO, { defaults: { balance: 'ip-hash', retry: { attempts: 3 } } })
    const { order } = await fleet.gateway.explain(question())
    for (const id of ['a', 'b', 'c']) fleet.simulator(id).setFault('sim-chat', { name: 'status', status: 500 })
    await chat(fleet.url)
    expect(order).toHaveLength(3)
    expect(fleet.records[0]?.attempts.map(({ instance }) => instance)).toEqual(order)
  })

  it('with the reason of each that could not be asked', async () => {
    const fleet = await startFleet({ ...TRIO, b: { ...LISTED, down: true } }, { defaults: { retry: { attempts: 1 } } })
    await chat(fleet.url)
    const { candidates, order, goesTo } = await fleet.gateway.explain(question())
    const reasons = Object.fromEntries(candidates.map(({ backend, reason, verdict }) => [backend, [reason, verdict]]))
    expect(reasons['b']).toEqual(['unhealthy', 'lost'])
    expect(candidates.map(({ verdict }) => verdict).toSorted()).toEqual(['chosen', 'eligible', 'lost'])
    expect(Object.values(reasons).map(([reason]) => reason)).toContain('attempts-used')
    expect(order).toEqual([goesTo])
  })

  it('waits in the queue where a real one does', async () => {
    const fleet = await startFleet({ a: { backend: { models: ['sim-chat'], maxConcurrency: 1 }, simulator: { chunks: 2 } as object } })
    fleet.simulator('a').setFault('sim-chat', { name: 'hang' })
    const open = chat(fleet.url).catch(() => undefined)
    await expect.poll(() => fleet.posts('a').length).toBe(1)
    const explanation = await fleet.gateway.explain(question())
    expect(explanation).toMatchObject({ outcome: 'waits', queue: { possible: true, wouldWait: true }, candidates: [{ reason: 'no-room' }] })
    await fleet.gateway.stop('now')
    await open
  })
})

describe('refuses as the gateway does', () => {
  const KEYS: FleetConfig = {
    auth: {
      keys: [
        { name: 'all', key: 'key-for-all-models' },
        { name: 'other', key: 'key-for-another-model', models: ['gpt-*'] },
        { name: 'off', key: 'key-that-is-off', enabled: false },
      ],
    },
  }
  const SECRETS: Readonly<Record<string, string>> = { all: 'key-for-all-models', other: 'key-for-another-model', off: 'key-that-is-off' }

  const CASES: readonly (readonly [string, string | undefined, Partial<ExplainRequest>])[] = [
    ['no key', undefined, {}],
    ['a disabled key', 'off', {}],
    ['a key that may not use the model', 'other', {}],
    ['a model that there is not', 'all', { body: { model: 'sim-chta', messages } }],
    ['no model', 'all', { body: { messages } }],
    ['a missing field', 'all', { body: { model: 'sim-chat' } }],
    ['a wrong field', 'all', { body: { model: 'sim-chat', messages: 'none' } }],
    ['a priority that there is not', 'all', { headers: { 'x-jairouter-priority': 'highest' } }],
    ['a wrong field in another dialect', 'all', { path: '/v1/messages', endpoint: undefined, body: { model: 'sim-chat' } }],
  ]

  it.each(CASES)('%s', async (_name, key, more) => {
    const fleet = await startFleet(TRIO, KEYS)
    const { endpoint, ...asked } = question(more)
    const request: ExplainRequest = { ...asked, ...(endpoint === undefined ? {} : { endpoint }), ...(key === undefined ? {} : { key }) }
    const explanation = await fleet.gateway.explain(request)
    const headers = { ...asked.headers, ...(key === undefined ? {} : { authorization: `Bearer ${SECRETS[key] ?? ''}` }) }
    const answer = await ask(`${fleet.url}${more.path ?? '/v1/chat/completions'}`, { method: 'POST', body: asked.body, headers })
    expect(explanation.outcome).toBe('refused')
    expect(explanation.refusal?.status).toBe(answer.status)
    if (more.path !== '/v1/messages') expect(explanation.refusal?.code).toBe(answer.code)
  })

  it('an endpoint that no backend has', async () => {
    const fleet = await startFleet({ a: { backend: { type: 'anthropic', models: ['m'] } } })
    const body = { model: 'm', prompt: 'x' }
    const { refusal } = await fleet.gateway.explain(question({ endpoint: 'completion', body }))
    const answer = await ask(`${fleet.url}/v1/completions`, { body })
    expect(answer.status).toBe(400)
    expect(refusal).toMatchObject({ stage: 'instances', status: answer.status, code: answer.code })
  })

  it('at a limit, and takes nothing from it', async () => {
    const limits = [{ algorithm: 'sliding-window', limit: 2, window: '1h', by: 'client-ip' } as const]
    const fleet = await startFleet(TRIO, { defaults: { limits } })
    for (let count = 0; count < 5; count += 1)
      expect((await fleet.gateway.explain(question())).limits).toMatchObject([
        { scope: 'client-ip', limit: 2, remaining: 2, wouldTake: 1, verdict: 'pass' },
      ])
    await chat(fleet.url)
    await chat(fleet.url)
    const explanation = await fleet.gateway.explain(question())
    const answer = await chat(fleet.url)
    expect(explanation).toMatchObject({ outcome: 'refused', limits: [{ remaining: 0, verdict: 'deny' }] })
    expect(explanation.refusal).toMatchObject({ stage: 'limits', status: answer.status, code: answer.code })
    expect(explanation.refusal?.retryAfterSeconds).toBe(Number(answer.headers['retry-after']))
    expect((await fleet.gateway.explain(question({ address: '192.0.2.7' }))).outcome).toBe('asks')
  })

  it('when all are down, and goes along the fallback chain then', async () => {
    const fleet = await startFleet({
      a: { backend: { models: ['sim-chat'] }, down: true },
      b: { backend: { models: [{ name: 'sim-chat', as: 'spare' }] } },
    })
    await chat(fleet.url)
    const before = await fleet.gateway.explain(question())
    expect(before.refusal).toMatchObject({ stage: 'instances', status: 503, code: (await chat(fleet.url)).code })
    const fallback = [{ model: 'sim-chat' }, { cache: {} }, { model: 'spare' }]
    expect(fleet.apply({ ...fleet.config, defaults: { fallback } })).toEqual([])
    const after = await fleet.gateway.explain(question())
    expect(after).toMatchObject({ outcome: 'asks', goesTo: 'b/sim-chat', step: 2, refusal: null })
    expect(after.fallback.map(({ skipped }) => skipped)).toEqual(['same-route', 'no-answer', undefined])
    expect(await chat(fleet.url)).toMatchObject({ status: 200, backend: 'b' })
  })
})

describe('says what would be rewritten, by names alone', () => {
  const CANARY = 'canary-words-of-a-prompt'

  it('the model and the question for usage, where the wire is the same', async () => {
    const fleet = await startFleet(
      { a: LISTED },
      { models: [{ name: 'smart', aliases: ['gpt-4o'], targets: [{ backend: 'a', model: 'sim-chat' }] }] },
    )
    const body = { model: 'gpt-4o', stream: true, messages: [{ role: 'user', content: CANARY }] }
    const explanation = await fleet.gateway.explain(question({ body, headers: { Authorization: `Bearer ${CANARY}`, 'X-Own': CANARY } }))
    expect(explanation).toMatchObject({ asked: 'gpt-4o', model: 'smart', alias: true })
    expect(explanation.rewrites).toMatchObject([
      {
        instance: 'a/sim-chat',
        added: ['stream_options'],
        changed: ['model'],
        dropped: [],
        asksForUsage: true,
        headersWithheld: ['authorization'],
      },
    ])
    const [sent] = [(await openStream(fleet.url, body)).status, fleet.posts('a')[0]]
    expect(sent).toBe(200)
    expect(JSON.stringify(explanation)).not.toContain(CANARY)
  })

  it('everything, for another wire; and nothing but the model, where the dialect goes through', async () => {
    const { gateway } = await startRelayed({
      backends: [
        { id: 'claude', type: 'anthropic', url: 'http://127.0.0.1:9', apiKey: CANARY, models: ['m'], health: { enabled: false } },
        { id: 'plain', type: 'openai-compatible', url: 'http://127.0.0.1:9', models: ['m'], health: { enabled: false } },
      ],
    })
    const body = { model: 'm', max_tokens: 5, system: CANARY, messages: [{ role: 'user', content: CANARY }], stop_sequences: ['xyz'] }
    const explanation = await gateway.gateway.explain({ path: '/v1/messages', headers: {}, body, address: '127.0.0.1' })
    const [claude, plain] = ['claude', 'plain'].map((id) => explanation.rewrites.find(({ instance }) => instance === `${id}/m`))
    expect(claude).toMatchObject({ wire: 'anthropic', native: true, added: [], dropped: [] })
    expect(claude?.headersAdded).toContain('x-api-key')
    expect(plain).toMatchObject({ native: false, renamed: [{ from: 'stop_sequences', to: 'stop' }] })
    expect(plain?.dropped).toContain('system')
    expect(JSON.stringify(explanation)).not.toContain(CANARY)
  })
})

it('tells of the cache what it would do', async () => {
  const fleet: Fleet = await startFleet(TRIO, { defaults: { cache: { ttl: '1h' } } })
  const stateOf = async (headers = {}) => (await fleet.gateway.explain(question({ headers }))).cache
  expect(await stateOf()).toEqual({ state: 'miss' })
  await chat(fleet.url)
  expect(await stateOf()).toEqual({ state: 'hit' })
  expect((await fleet.gateway.explain(question())).outcome).toBe('cached')
  expect(await stateOf({ 'Cache-Control': 'no-cache' })).toEqual({ state: 'bypass', reason: 'cache-control' })
})
