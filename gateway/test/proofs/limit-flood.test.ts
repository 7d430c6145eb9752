import { describe, expect, it } from 'vitest'
import type { KeyRecord, LimitRule } from '../../src/config/snapshot.ts'
import { admit } from '../../src/relay/admission.ts'
import { callOf, routeOf, snapshotOf } from '../../src/relay/fixtures/compiled.ts'
import { LimitStates } from '../../src/relay/limit-states.ts'
import { chat } from '../support/ask.ts'
import { countOf, startFleet } from '../support/start-fleet.ts'

const MOST_STATES = 100_000
const HOUR = { algorithm: 'token-bucket', rate: '1/h', burst: 1 } as const

const snapshot = snapshotOf({
  auth: { mode: 'required', keys: [{ name: 'known', key: 'a-known-key' }] },
  backends: [{ id: 'a', type: 'openai-compatible', url: 'http://127.0.0.1:1', models: ['m'] }],
  defaults: {
    limits: [
      { ...HOUR, by: 'client-ip' },
      { ...HOUR, by: 'key', burst: 1_000_000 },
    ],
  },
})
const call = callOf({ model: 'm', messages: [] })
const route = routeOf(snapshot, 'm')
const [known] = snapshot.auth.keys.values()

function addressOf(number: number): string {
  return `10.${(number >> 16) & 0xff}.${(number >> 8) & 0xff}.${number & 0xff}`
}

/** Every request from an address of its own, with a key of its own. */
function flood(states: LimitStates, { from, count }: { from: number; count: number }, each: (number: number) => void = () => {}): void {
  if (known === undefined) throw new Error('There is no key')
  for (let number = from; number < from + count; number += 1) {
    const key: KeyRecord = { ...known, name: `key-${number}` }
    admit({ call, route, key, address: addressOf(number) }, states, number)?.settle(
      { sent: true, answered: true, usage: undefined },
      number,
    )
    each(number)
  }
}

describe('a flood of addresses and keys', () => {
  it(`fills ${MOST_STATES} places each, and no more`, () => {
    const states = new LimitStates()
    flood(states, { from: 0, count: MOST_STATES })
    expect(states.size).toBe(2 * MOST_STATES)
    let most = 0
    flood(states, { from: MOST_STATES, count: 5_000 }, () => {
      most = Math.max(most, states.size)
    })
    expect(most).toBeLessThanOrEqual(2 * MOST_STATES)
  })

  it('makes no room for more of what is counted by open requests', () => {
    const states = new LimitStates()
    const [rule] = routeOf(
      snapshotOf({
        backends: [{ id: 'a', type: 'openai-compatible', url: 'http://127.0.0.1:1', models: ['m'] }],
        defaults: { limits: [{ algorithm: 'concurrency', by: 'client-ip', limit: 2 }] },
      }),
      'm',
    ).limits
    if (rule === undefined) throw new Error('There is no limit')
    const held = states.vectorOf(rule, 'held')
    states.limiterOf(rule).take(held, 2, 0)
    for (let number = 0; number < 2 * MOST_STATES; number += 1) states.vectorOf(rule, String(number))
    expect(states.vectorOf(rule, 'held')).toBe(held)
  })

  it('frees nobody from a limit who comes again in between', () => {
    const states = new LimitStates()
    const mine = { call, route, key: known, address: '192.0.2.1' }
    admit(mine, states, 0)
    let refused = 0
    flood(states, { from: 0, count: 60_000 }, (number) => {
      if (number % 20_000 !== 19_999) return
      expect(() => admit(mine, states, number)).toThrow('The limit of requests by client-ip is reached')
      refused += 1
    })
    expect(refused).toBe(3)
  })

  it('leaves no place behind when the limit is taken out', () => {
    const states = new LimitStates()
    flood(states, { from: 0, count: 1_000 })
    const [first, ...others] = route.limits.map(({ id }: LimitRule) => id)
    expect(others).toHaveLength(1)
    states.retain(new Set(first === undefined ? [] : [first]))
    expect(states.size).toBe(1_000)
    states.retain(new Set())
    expect(states.size).toBe(0)
  })
})

describe('addresses that one client can take as it likes', () => {
  it('are one: of a /64 one request passes, of as many IPv4 addresses each', async () => {
    const fleet = await startFleet(
      { only: { backend: { models: ['sim-chat'] } } },
      { server: { trustedProxies: ['127.0.0.1'] }, defaults: { limits: [{ ...HOUR, by: 'client-ip' }] } },
    )
    const from = (address: string) => chat(fleet.url, {}, { headers: { 'x-forwarded-for': address } })
    const numbers = Array.from({ length: 50 }, (_, index) => index + 1)
    const one = await Promise.all(numbers.map((number) => from(`2001:db8:0:1:${number}::${number}`)))
    expect(countOf(one.map(({ status }) => String(status)))).toEqual({ '200': 1, '429': 49 })
    const many = await Promise.all(numbers.map((number) => from(`192.0.2.${number}`)))
    expect(countOf(many.map(({ status }) => String(status)))).toEqual({ '200': 50 })
  })
})
