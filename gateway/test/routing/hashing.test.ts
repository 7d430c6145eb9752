import { describe, expect, it } from 'vitest'
import { ask, messages } from '../support/ask.ts'
import { countOf, startFleet, type Fleet, type FleetConfig } from '../support/start-fleet.ts'

const FOUR = { a: {}, b: {}, c: {}, d: {} }
const PEERS = Array.from({ length: 24 }, (_, index) => `127.0.0.${index + 2}`)

type Sender = (index: number) => Promise<{ readonly backend: string }>

/** Where each of 24 askers lands, asked in order. */
async function placesOf(send: Sender): Promise<string[]> {
  const places: string[] = []
  for (let index = 0; index < PEERS.length; index += 1) places.push((await send(index)).backend)
  return places
}

function used(places: readonly string[]): number {
  return new Set(places).size
}

describe('ip-hash', () => {
  const balance = { services: { chat: { balance: 'ip-hash' } } } as const
  const peer = (fleet: Fleet, index: number) => fleet.chat({}, { localAddress: PEERS[index] ?? '' })

  it('keeps each client where it was, and spreads clients', async () => {
    const fleet = await startFleet(FOUR, balance)
    const places = await placesOf((index) => peer(fleet, index))
    expect(used(places)).toBeGreaterThan(1)
    expect(await placesOf((index) => peer(fleet, index))).toEqual(places)
  })

  it('is the same in another gateway with the same backends, in whatever order they stand', async () => {
    const fleet = await startFleet(FOUR, balance)
    const places = await placesOf((index) => peer(fleet, index))
    const other = await startFleet({ d: {}, b: {}, a: {}, c: {} }, balance)
    expect(await placesOf((index) => peer(other, index))).toEqual(places)
  })

  it('does not believe X-Forwarded-For from a peer that is not trusted', async () => {
    const fleet = await startFleet(FOUR, balance)
    const places = await placesOf((index) => fleet.chat({}, { headers: { 'x-forwarded-for': `203.0.113.${index}` } }))
    expect(used(places)).toBe(1)
    expect(fleet.records.map(({ address }) => address)).toEqual(PEERS.map(() => '127.0.0.1'))
  })

  it('sees the clients behind a trusted proxy, where they would be by their own addresses', async () => {
    const fleet = await startFleet(FOUR, { ...balance, server: { trustedProxies: ['127.0.0.1/32'] } })
    const direct = await placesOf((index) => peer(fleet, index))
    const forwarded = await placesOf((index) => fleet.chat({}, { headers: { 'x-forwarded-for': PEERS[index] ?? '' } }))
    expect(used(forwarded)).toBeGreaterThan(1)
    expect(forwarded).toEqual(direct)
  })

  it('reads from a trusted proxy only what the proxy itself has added', async () => {
    const fleet = await startFleet(FOUR, { ...balance, server: { trustedProxies: ['127.0.0.1/32'] } })
    const places = await placesOf((index) => fleet.chat({}, { headers: { 'x-forwarded-for': `203.0.113.${index}, 198.51.100.7` } }))
    expect(used(places)).toBe(1)
    expect(new Set(fleet.records.map(({ address }) => address))).toEqual(new Set(['198.51.100.7']))
  })

  it('trusts one peer and not another', async () => {
    const fleet = await startFleet(FOUR, { ...balance, server: { trustedProxies: ['127.0.0.1/32'] } })
    await fleet.chat({}, { headers: { 'x-forwarded-for': '203.0.113.1' } })
    await fleet.chat({}, { headers: { 'x-forwarded-for': '203.0.113.1' }, localAddress: '127.0.0.9' })
    await fleet.settled(2)
    expect(fleet.records.map(({ address }) => address)).toEqual(['203.0.113.1', '127.0.0.9'])
  })

  it('takes a new list of trusted proxies into use with the next request', async () => {
    const fleet = await startFleet(FOUR, balance)
    const headers = { 'x-forwarded-for': '203.0.113.1' }
    await fleet.chat({}, { headers })
    fleet.apply({ ...fleet.config, server: { trustedProxies: ['127.0.0.0/8'] } })
    await fleet.chat({}, { headers })
    await fleet.settled(2)
    expect(fleet.records.map(({ address }) => address)).toEqual(['127.0.0.1', '203.0.113.1'])
  })
})

describe('consistent-hash', () => {
  const byHeader: FleetConfig = { services: { chat: { balance: 'consistent-hash', hashKeys: ['header:X-Session'] } } }
  const plain: FleetConfig = { services: { chat: { balance: 'consistent-hash' } } }
  const session = (fleet: Fleet, index: number) => fleet.chat({}, { headers: { 'x-session': `s-${index}` } })
  const KEYS: readonly { name: string; config: FleetConfig; send: (fleet: Fleet, index: number) => ReturnType<Fleet['chat']> }[] = [
    { name: 'a header, its name in any case', config: byHeader, send: session },
    { name: 'the field "user"', config: plain, send: (fleet, index) => fleet.chat({ user: `u-${index}` }) },
    { name: 'the field "prompt_cache_key"', config: plain, send: (fleet, index) => fleet.chat({ prompt_cache_key: `p-${index}` }) },
    {
      name: 'the client’s address where there is nothing else',
      config: plain,
      send: (fleet, index) => fleet.chat({}, { localAddress: PEERS[index] ?? '' }),
    },
  ]

  it.each(KEYS)('sticks to $name, and spreads', async ({ config, send }) => {
    const fleet = await startFleet(FOUR, config)
    const places = await placesOf((index) => send(fleet, index))
    expect(used(places)).toBeGreaterThan(1)
    expect(await placesOf((index) => send(fleet, index))).toEqual(places)
  })

  it('takes the first key of the list that the request has', async () => {
    const fleet = await startFleet(FOUR, plain)
    const places = await placesOf((index) => fleet.chat({ prompt_cache_key: 'same', user: `u-${index}` }))
    expect(used(places)).toBe(1)
  })

  it('works the same for streams and other endpoints of the service', async () => {
    const fleet = await startFleet(FOUR, plain)
    const chats = await placesOf((index) => fleet.chat({ user: `u-${index}` }))
    const streams = await placesOf((index) => fleet.chat({ user: `u-${index}`, stream: true }))
    const completions = await placesOf((index) =>
      ask(`${fleet.url}/v1/completions`, { body: { model: 'sim-chat', prompt: 'x', user: `u-${index}` } }),
    )
    expect([streams, completions]).toEqual([chats, chats])
  })

  it('moves only the keys of the instance that goes, over all the others, and back when it comes again', async () => {
    const fleet = await startFleet(FOUR, { ...byHeader, defaults: { slowStart: '0s' } })
    const before = await placesOf((index) => session(fleet, index))
    const gone = before[0] ?? ''
    const without = fleet.config.backends.filter(({ id }) => id !== gone)
    expect(fleet.apply({ ...fleet.config, backends: without })).toEqual([])
    await fleet.gateway.firstRound()
    const during = await placesOf((index) => session(fleet, index))
    expect(during).not.toContain(gone)
    expect(during.filter((place, index) => place !== before[index])).toHaveLength(before.filter((place) => place === gone).length)
    expect(fleet.apply(fleet.config)).toEqual([])
    await fleet.gateway.firstRound()
    expect(await placesOf((index) => session(fleet, index))).toEqual(before)
  })

  it('asks another instance, always the same, while the key’s own one fails', async () => {
    const fleet = await startFleet(FOUR, byHeader)
    const [own = ''] = await placesOf((index) => session(fleet, index))
    fleet.simulator(own).setFault('sim-chat', { name: 'status', status: 500 })
    const answers = [await session(fleet, 0), await session(fleet, 0), await session(fleet, 0)]
    expect(countOf(answers.map(({ status, attempts }) => `${status} after ${attempts}`))).toEqual({ '200 after 2': 3 })
    expect(new Set(answers.map(({ backend }) => backend))).toHaveProperty('size', 1)
    expect(answers[0]?.backend).not.toBe(own)
  })

  it('holds for a conversation: the same messages do not decide, the key does', async () => {
    const fleet = await startFleet(FOUR, plain)
    const places = await placesOf((index) =>
      fleet.chat({ user: 'one', messages: [...messages, { role: 'user', content: `turn ${index}` }] }),
    )
    expect(used(places)).toBe(1)
  })
})
