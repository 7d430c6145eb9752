import { describe, expect, it } from 'vitest'
import { chat, openStream } from '../support/ask.ts'
import { eventsOf } from '../support/start-pair.ts'
import { startHeld } from '../support/held-streams.ts'
import { countOf, endsIdle, QUIET, startFleet, type BackendInput } from '../support/start-fleet.ts'
import { startGateway } from '../support/start-gateway.ts'

const models = ['sim-chat']

describe('100 reloads under load (L3)', () => {
  it('lose no request, plain or streamed', async () => {
    const pace = { tokens: 12, tokensPerSecond: 400 }
    const fleet = await startFleet({ a: { backend: { models }, simulator: pace }, b: { backend: { models }, simulator: pace } })
    const [a, b] = fleet.config.backends
    if (a === undefined || b === undefined) throw new Error('two backends were started')
    const configs: readonly (readonly BackendInput[])[] = [
      [a, b],
      [a],
      [b],
      [{ ...a, weight: 9 }, b],
      [{ ...a, enabled: false }, b],
      [a, { ...b, priority: 2, maxConcurrency: 1_000 }],
      [
        { ...a, headers: { 'x-extra': '1' } },
        { ...b, health: { interval: '50ms' } },
      ],
      [a, { ...b, models: 'auto' }],
    ]
    const load = { on: true }
    const outcomes: string[] = []
    const client = async (stream: boolean) => {
      while (load.on) {
        const answer = await chat(fleet.url, { stream })
        const whole = stream ? eventsOf(answer.text).at(-1) === '[DONE]' : answer.text.includes('"usage"')
        outcomes.push(`${answer.status} ${whole ? 'whole' : answer.text}`)
      }
    }
    const clients = Array.from({ length: 20 }, (_, index) => client(index % 2 === 0))
    const balances = ['round-robin', 'least-connections', 'random', 'consistent-hash'] as const
    for (let reload = 0; reload < 100; reload += 1) {
      // Each config serves a few requests before the next one comes.
      await fleet.settled(fleet.records.length + 3)
      const backends = configs[reload % configs.length] ?? []
      const balance = balances[reload % balances.length] ?? 'random'
      expect(fleet.apply({ ...fleet.config, backends: [...backends], defaults: { balance } })).toEqual([])
    }
    load.on = false
    await Promise.all(clients)
    expect(countOf(outcomes)).toEqual({ '200 whole': outcomes.length })
    expect(outcomes.length).toBeGreaterThan(300)
    expect(fleet.gateway.snapshot.generation).toBeGreaterThanOrEqual(101)
  })
})

describe('a backend that is removed (L4)', () => {
  it('finishes its 50 streams, and gets no new request', async () => {
    const held = await startHeld()
    const other = await startHeld()
    const config = (ids: readonly string[]) => ({
      backends: [
        { id: 'leaves', type: 'openai-compatible', url: held.url, models: ['held'], priority: 1, health: QUIET },
        { id: 'stays', type: 'openai-compatible', url: other.url, models: ['held'], priority: 2, health: QUIET },
      ].filter(({ id }) => ids.includes(id)),
    })
    const gateway = await startGateway(config(['leaves', 'stays']))
    endsIdle(gateway)
    const streams = await Promise.all(Array.from({ length: 50 }, () => openStream(gateway.url, { model: 'held' })))
    expect(new Set(streams.map(({ backend }) => backend))).toEqual(new Set(['leaves']))
    expect(gateway.apply(config(['stays']))).toEqual([])
    const later = await Promise.all(Array.from({ length: 5 }, () => openStream(gateway.url, { model: 'held' })))
    expect(new Set(later.map(({ backend }) => backend))).toEqual(new Set(['stays']))
    held.finish()
    other.finish()
    const texts = await Promise.all([...streams, ...later].map(({ text }) => text))
    expect(texts.filter((text) => eventsOf(text).at(-1) !== '[DONE]')).toEqual([])
    expect(held.asked()).toBe(50)
  })

  it('answers its plain requests that are still waiting', async () => {
    const held = await startHeld()
    const backends = [{ id: 'leaves', type: 'openai-compatible', url: held.url, models: ['held'], health: QUIET }]
    const gateway = await startGateway({ backends })
    const waiting = [chat(gateway.url, { model: 'held' }), chat(gateway.url, { model: 'held' })]
    await held.waitForAsked(2)
    expect(gateway.apply({ backends: [] })).toEqual([])
    expect((await chat(gateway.url, { model: 'held' })).status).toBe(404)
    held.finish()
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200])
  })

  it('is still as busy as it was when it comes back', async () => {
    const held = await startHeld()
    const backends = [{ id: 'a', type: 'openai-compatible', url: held.url, models: ['held'], maxConcurrency: 2, health: QUIET }]
    // Who comes too much is refused at once: that shows the count.
    const defaults = { queue: { size: 0 } }
    const gateway = await startGateway({ defaults, backends })
    endsIdle(gateway)
    const streams = [await openStream(gateway.url, { model: 'held' }), await openStream(gateway.url, { model: 'held' })]
    gateway.apply({ defaults, backends: [] })
    gateway.apply({ defaults, backends })
    expect(gateway.gateway.openLeases()).toBe(2)
    expect(await chat(gateway.url, { model: 'held' })).toMatchObject({ status: 503, code: 'overloaded' })
    held.finish()
    await Promise.all(streams.map(({ text }) => text))
    await gateway.settled(3)
    expect(gateway.gateway.openLeases()).toBe(0)
  })
})

describe('a request that is under way', () => {
  it('keeps the config that it began with: it is retried on an instance that has left since', async () => {
    const first = await startHeld()
    const fleet = await startFleet({ second: { backend: { priority: 2, models: [{ name: 'sim-chat', as: 'held' }] } } })
    const backends = [{ id: 'first', type: 'openai-compatible', url: first.url, models: ['held'], health: QUIET }, ...fleet.config.backends]
    fleet.apply({ ...fleet.config, backends })
    const answer = chat(fleet.url, { model: 'held' }, { headers: { 'x-test': 'under-way' } })
    await first.waitForAsked(1)
    fleet.apply({ ...fleet.config, backends: [] })
    // The connection breaks, and the request has nobody left but in its own snapshot.
    first.drop()
    expect(await answer).toMatchObject({ status: 200, backend: 'second', attempts: 2 })
  })
})

describe('a new config', () => {
  it('holds from the next request on', async () => {
    const fleet = await startFleet({ a: { backend: { models } } })
    for (const name of ['one', 'two', 'three']) {
      expect((await fleet.chat({ model: name })).status).toBe(404)
      fleet.apply({ ...fleet.config, models: [{ name, targets: [{ backend: 'a', model: 'sim-chat' }] }] })
      expect((await fleet.chat({ model: name })).status).toBe(200)
    }
  })

  it('takes keys in and out at once', async () => {
    const fleet = await startFleet({ a: { backend: { models } } })
    const withKey = { headers: { authorization: 'Bearer key-number-one' } }
    expect((await fleet.chat()).status).toBe(200)
    fleet.apply({ ...fleet.config, auth: { keys: [{ name: 'one', key: 'key-number-one' }] } })
    expect([(await fleet.chat()).status, (await fleet.chat({}, withKey)).status]).toEqual([401, 200])
    fleet.apply({ ...fleet.config, auth: { keys: [{ name: 'two', key: 'key-number-two' }] } })
    expect((await fleet.chat({}, withKey)).status).toBe(401)
  })

  it.each([
    ['two backends of one id', (backends: BackendInput[]) => ({ backends: [...backends, ...backends] }), 'backend'],
    [
      'a target that does not exist',
      (backends: BackendInput[]) => ({ backends, models: [{ name: 'x', targets: [{ backend: 'nobody' }] }] }),
      'nobody',
    ],
    ['a type that does not exist', (backends: BackendInput[]) => ({ backends: backends.map((one) => ({ ...one, type: 'vlm' })) }), 'vlm'],
  ])('that is wrong changes nothing: %s', async (_, wrong, named) => {
    const fleet = await startFleet({ a: { backend: { models } } })
    const { snapshot } = fleet.gateway
    const problems = fleet.apply({ ...fleet.config, ...wrong([...fleet.config.backends]) })
    expect(problems.join('\n')).toContain(named)
    expect(fleet.gateway.snapshot).toBe(snapshot)
    expect((await fleet.chat()).status).toBe(200)
  })
})
