import { describe, expect, it } from 'vitest'
import { ask, openStream } from '../support/ask.ts'
import { countOf, inParallel, mostAtOnce, startFleet, type Fleet, type FleetConfig } from '../support/start-fleet.ts'

async function backendsOf(fleet: Fleet, count: number): Promise<string[]> {
  const names: string[] = []
  for (let index = 0; index < count; index += 1) names.push((await fleet.chat()).backend)
  return names
}

describe('round-robin', () => {
  const balance = { services: { chat: { balance: 'round-robin' } } } as const

  it('goes round in the order of the config where the weights are equal', async () => {
    const fleet = await startFleet({ a: {}, b: {}, c: {} }, balance)
    expect(await backendsOf(fleet, 7)).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a'])
  })

  it('keeps its place when the config is loaded again', async () => {
    const fleet = await startFleet({ a: {}, b: {}, c: {} }, balance)
    const before = await backendsOf(fleet, 2)
    expect(fleet.apply(fleet.config)).toEqual([])
    expect([...before, ...(await backendsOf(fleet, 2))]).toEqual(['a', 'b', 'c', 'a'])
  })

  it('has a turn of its own for each model', async () => {
    const fleet = await startFleet({ a: {}, b: {} }, { defaults: { balance: 'round-robin' } })
    const chatted = await fleet.chat()
    const embedded = await ask(`${fleet.url}/v1/embeddings`, { body: { model: 'sim-embedding', input: 'x' } })
    expect([chatted.backend, embedded.backend, (await fleet.chat()).backend]).toEqual(['a', 'a', 'b'])
  })

  it('shares 9 requests 5:3:1, and spreads those of the heaviest', async () => {
    const fleet = await startFleet({ a: { backend: { weight: 5 } }, b: { backend: { weight: 3 } }, c: { backend: { weight: 1 } } }, balance)
    const names = await backendsOf(fleet, 9)
    expect(countOf(names)).toEqual({ a: 5, b: 3, c: 1 })
    expect(names.join('')).not.toContain('aaa')
  })
})

describe('thousands of choices in parallel', () => {
  it.each([
    ['equal weights', [1, 1], { a: 1_000, b: 1_000 }],
    ['weights 4:1', [4, 1], { a: 1_600, b: 400 }],
  ] as const)('give exactly the shares of %s by round-robin', async (_, [first, second], expected) => {
    const fleet = await startFleet(
      { a: { backend: { weight: first } }, b: { backend: { weight: second } } },
      { services: { chat: { balance: 'round-robin' } } },
    )
    const answers = await inParallel(2_000, 50, () => fleet.chat())
    expect(countOf(answers.map(({ status }) => String(status)))).toEqual({ 200: 2_000 })
    expect(countOf(answers.map(({ backend }) => backend))).toEqual(expected)
    expect({ a: fleet.posts('a').length, b: fleet.posts('b').length }).toEqual(expected)
    expect(fleet.gateway.openLeases()).toBe(0)
  })

  it('give about the shares of the weights 5:3:1 at random', async () => {
    const weights = { a: 5, b: 3, c: 1 }
    const fleet = await startFleet(
      { a: { backend: { weight: 5 } }, b: { backend: { weight: 3 } }, c: { backend: { weight: 1 } } },
      { services: { chat: { balance: 'random' } } },
    )
    const count = 1_800
    const counts = countOf((await inParallel(count, 50, () => fleet.chat())).map(({ backend }) => backend))
    for (const [id, weight] of Object.entries(weights)) {
      const share = weight / 9
      // Seven standard deviations: once in a few hundred billion runs by chance.
      const tolerance = 7 * Math.sqrt(count * share * (1 - share))
      expect(Math.abs((counts[id] ?? 0) - count * share), id).toBeLessThan(tolerance)
    }
  })

  it('leave the load even by least-connections, whatever one instance holds', async () => {
    const fleet = await startFleet(
      { a: { simulator: { latencyMs: 20 } }, b: { simulator: { latencyMs: 20 } } },
      { services: { chat: { balance: 'least-connections' } } },
    )
    const answers = await inParallel(400, 20, () => fleet.chat())
    expect(countOf(answers.map(({ status }) => String(status)))).toEqual({ 200: 400 })
    expect([mostAtOnce(fleet, 'a'), mostAtOnce(fleet, 'b')]).toEqual([10, 10])
  })
})

describe('least-connections', () => {
  const balance = { services: { chat: { balance: 'least-connections' } } } as const
  const stalled = { headers: { 'x-simulator-fault': 'stall:at=2' } }

  it('avoids the instance that has a stream open, and counts it no more once the client has left', async () => {
    const fleet = await startFleet({ a: {}, b: {} }, balance)
    const stream = await openStream(fleet.url, {}, stalled)
    const other = stream.backend === 'a' ? 'b' : 'a'
    expect(await backendsOf(fleet, 8)).toEqual(Array.from({ length: 8 }, () => other))
    stream.leave()
    await fleet.simulator(stream.backend).waitFor((simulator) => simulator.inFlight() === 0)
    await fleet.settled(9)
    const second = await openStream(fleet.url, {}, stalled)
    const third = await openStream(fleet.url, {}, stalled)
    expect([second.backend, third.backend].toSorted()).toEqual(['a', 'b'])
    second.leave()
    third.leave()
  })

  it('counts work in flight over the weight', async () => {
    const fleet = await startFleet({ a: { backend: { weight: 3 } }, b: {} }, balance)
    const streams = []
    for (let index = 0; index < 8; index += 1) streams.push(await openStream(fleet.url, {}, stalled))
    expect(countOf(streams.map(({ backend }) => backend))).toEqual({ a: 6, b: 2 })
    expect(fleet.gateway.openLeases()).toBe(8)
    for (const stream of streams) stream.leave()
  })

  it('still sees what was in flight before the config was loaded again', async () => {
    const fleet = await startFleet({ a: {}, b: {} }, balance)
    const stream = await openStream(fleet.url, {}, stalled)
    const other = stream.backend === 'a' ? 'b' : 'a'
    expect(fleet.apply({ ...fleet.config, defaults: { timeouts: { connect: '2s' } } })).toEqual([])
    expect(await backendsOf(fleet, 6)).toEqual(Array.from({ length: 6 }, () => other))
    stream.leave()
  })

  it('sees the work of all of its models on a backend as that of each one instance', async () => {
    const models = [{ name: 'sim-chat' }, { name: 'sim-chat', as: 'twin' }]
    const fleet = await startFleet({ a: { backend: { models } }, b: { backend: { models } } }, balance)
    const stream = await openStream(fleet.url, { model: 'twin' }, stalled)
    const other = stream.backend === 'a' ? 'b' : 'a'
    expect(await backendsOf(fleet, 6)).toEqual(Array.from({ length: 6 }, () => other))
    stream.leave()
  })
})

describe('the policy that is nearest wins', () => {
  const members = { a: {}, b: {}, c: {}, d: {} }
  const targets = Object.keys(members).map((backend) => ({ backend, model: 'sim-chat' }))

  async function pattern(fleet: Fleet, model: string): Promise<string> {
    const names: string[] = []
    for (let index = 0; index < 8; index += 1) names.push((await fleet.chat({ model })).backend)
    return names.join('')
  }

  const CONFIGS: Readonly<Record<string, FleetConfig>> = {
    defaults: { defaults: { balance: 'round-robin' } },
    'service over defaults': { defaults: { balance: 'ip-hash' }, services: { chat: { balance: 'round-robin' } } },
    'model over service': {
      defaults: { balance: 'ip-hash' },
      services: { chat: { balance: 'ip-hash' } },
      models: [{ name: 'sim-chat', targets, balance: 'round-robin' }],
    },
  }

  it.each(Object.entries(CONFIGS))('%s', async (_, config) => {
    const fleet = await startFleet(members, config)
    expect(await pattern(fleet, 'sim-chat')).toBe('abcdabcd')
  })

  it('leaves other models and services alone', async () => {
    const fleet = await startFleet(members, {
      defaults: { balance: 'ip-hash' },
      services: { embedding: { balance: 'round-robin' } },
      models: [{ name: 'turns', targets, balance: 'round-robin' }],
    })
    expect(await pattern(fleet, 'turns')).toBe('abcdabcd')
    expect(await pattern(fleet, 'sim-chat')).toMatch(/^(.)\1{7}$/)
  })

  it('setting by setting: what the model does not say holds from the service', async () => {
    const fleet = await startFleet(members, {
      services: { chat: { balance: 'round-robin', retry: { attempts: 3 } } },
      models: [{ name: 'turns', targets, timeouts: { total: '5m' } }],
    })
    for (const id of ['a', 'b']) fleet.simulator(id).setFault('sim-chat', { name: 'status', status: 500 })
    expect(await fleet.chat({ model: 'turns' })).toMatchObject({ status: 200, backend: 'c', attempts: 3 })
  })
})
