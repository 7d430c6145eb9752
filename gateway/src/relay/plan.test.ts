import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ConfigInput } from '@jairouter/contract/config'
import { settlePermit, takePermit } from '../breaker/breaker.ts'
import { recordProbe, recordRefusal } from '../health/health.ts'
import { routeOf, snapshotOf } from './fixtures/compiled.ts'
import { createMemory } from './memory.ts'
import { planNext, type PlanInput } from './plan.ts'
import { createRouteStates, type InstanceState } from './route-states.ts'

type BackendInput = NonNullable<ConfigInput['backends']>[number]

/** Backend id → what differs from a plain one; the route of one model over all of them. */
function states(members: Readonly<Record<string, Partial<BackendInput>>>): readonly InstanceState[] {
  const backends = Object.entries(members).map(([id, more]) => ({ id, type: 'vllm', url: 'http://127.0.0.1:1', models: ['m'], ...more }))
  return createRouteStates(createMemory(() => 0)).of(routeOf(snapshotOf({ backends }), 'm'), 'chat')
}

const policy = routeOf(snapshotOf({ backends: [{ id: 'a', type: 'vllm', url: 'http://127.0.0.1:1', models: ['m'] }] }), 'm').policy

function plan(list: readonly InstanceState[], more: Partial<PlanInput> & { readonly balance?: 'round-robin' | 'least-connections' } = {}) {
  const { balance = 'round-robin', ...input } = more
  const next = planNext(list, { policy: { ...policy, balance }, tried: new Set(), hash: 0, now: 0, random: () => 0, ...input })
  return next.kind === 'chosen' ? next.state.instance.backend.id : next.kind
}

function tried(list: readonly InstanceState[], ...ids: string[]): ReadonlySet<InstanceState> {
  return new Set(list.filter(({ instance }) => ids.includes(instance.backend.id)))
}

const ONCE = { unhealthyAfter: 1, healthyAfter: 1 }

function become(list: readonly InstanceState[], id: string, status: 'healthy' | 'warming' | 'unhealthy', now = 1): void {
  const health = list.find(({ instance }) => instance.backend.id === id)?.health
  if (health === undefined) throw new Error(`There is no backend ${id}`)
  if (status === 'unhealthy') recordRefusal(health, now)
  else recordProbe(health, status === 'healthy' ? 'ok' : 'warming', ONCE, now)
}

function fill(list: readonly InstanceState[], id: string, count: number): void {
  for (const state of list) if (state.instance.backend.id === id) for (let open = 0; open < count; open += 1) state.add(1)
}

describe('which instance is asked', () => {
  it('one that nobody has probed yet, in good faith', () => {
    expect(plan(states({ a: {} }))).toBe('a')
  })

  it('never one that is out', () => {
    const list = states({ a: {}, b: {} })
    become(list, 'a', 'unhealthy')
    expect([plan(list), plan(list), plan(list)]).toEqual(['b', 'b', 'b'])
  })

  it('none that this request has asked', () => {
    const list = states({ a: {}, b: {}, c: {} })
    expect(plan(list, { tried: tried(list, 'a', 'c') })).toBe('b')
  })

  it('none whose backend is full', () => {
    const list = states({ a: { maxConcurrency: 2 }, b: { maxConcurrency: 9 } })
    fill(list, 'a', 2)
    fill(list, 'b', 8)
    expect(plan(list, { balance: 'least-connections' })).toBe('b')
  })

  it('one of the highest tier in which any can serve', () => {
    const list = states({ low: { priority: 3 }, middle: { priority: 2, maxConcurrency: 1 }, high: { priority: 1 } })
    expect(plan(list)).toBe('high')
    become(list, 'high', 'unhealthy')
    expect(plan(list)).toBe('middle')
    fill(list, 'middle', 1)
    expect(plan(list)).toBe('low')
    become(list, 'high', 'healthy')
    expect(plan(list)).toBe('high')
  })
})

describe('one that is loading', () => {
  const loading = () => {
    const list = states({ cold: {}, warm: { priority: 2, maxConcurrency: 1 } })
    become(list, 'cold', 'warming')
    return list
  }

  it('waits while another can serve, of whatever tier', () => {
    expect(plan(loading())).toBe('warm')
  })

  it('serves when the others are out', () => {
    const list = loading()
    become(list, 'warm', 'unhealthy')
    expect(plan(list)).toBe('cold')
  })

  it('serves when the others are full', () => {
    const list = loading()
    fill(list, 'warm', 1)
    expect(plan(list)).toBe('cold')
  })

  it('serves when the others were asked', () => {
    const list = loading()
    expect(plan(list, { tried: tried(list, 'warm') })).toBe('cold')
  })
})

describe('when there is none', () => {
  it('down: all are out, or there are none at all', () => {
    const list = states({ a: {}, b: {} })
    become(list, 'a', 'unhealthy')
    become(list, 'b', 'unhealthy')
    expect([plan(list), plan([])]).toEqual(['down', 'down'])
  })

  it('busy: who could serve is full', () => {
    const list = states({ a: { maxConcurrency: 1 }, b: {} })
    fill(list, 'a', 1)
    become(list, 'b', 'unhealthy')
    expect(plan(list)).toBe('busy')
  })

  it('busy: who was not asked yet is full', () => {
    const list = states({ a: { maxConcurrency: 1 }, b: {} })
    fill(list, 'a', 1)
    expect(plan(list, { tried: tried(list, 'b') })).toBe('busy')
  })

  it('exhausted: everyone that could serve was asked', () => {
    const list = states({ a: {}, b: {}, c: {} })
    become(list, 'c', 'unhealthy')
    expect(plan(list, { tried: tried(list, 'a', 'b') })).toBe('exhausted')
  })

  it('hopeless: each of those has failed so often that its breaker would be open if the pool could do without it', () => {
    const list = states({ a: { breaker: { consecutive: 2 } }, b: { breaker: { consecutive: 2 } }, c: {} })
    become(list, 'c', 'unhealthy')
    const all = tried(list, 'a', 'b')
    const hopeless = () => {
      const next = planNext(list, { policy, tried: all, hash: 0, now: 0, random: () => 0 })
      return next.kind === 'exhausted' && next.hopeless
    }
    const judged = (id: string, outcome: 'failed' | 'ok') => {
      for (const { instance, breaker, breakerSettings } of list) {
        if (instance.backend.id !== id) continue
        const context = { settings: breakerSettings, now: 0, random: () => 0, mayTrip: () => false }
        settlePermit(breaker, takePermit(breaker, breakerSettings, 0), outcome, context)
      }
    }
    for (const id of ['a', 'a', 'b']) judged(id, 'failed')
    expect(hopeless()).toBe(false)
    judged('b', 'failed')
    expect(hopeless()).toBe(true)
    judged('a', 'ok')
    expect(hopeless()).toBe(false)
  })
})

describe('weights', () => {
  function shares(list: readonly InstanceState[], count: number, more: Partial<PlanInput>): Record<string, number> {
    const counts: Record<string, number> = {}
    for (let turn = 0; turn < count; turn += 1) {
      const id = plan(list, more)
      counts[id] = (counts[id] ?? 0) + 1
    }
    return counts
  }

  it('are the configured ones', () => {
    expect(shares(states({ a: { weight: 5 }, b: { weight: 3 }, c: { weight: 1 } }), 9, {})).toEqual({ a: 5, b: 3, c: 1 })
  })

  it.each([
    ['a tenth at first', 0, { back: 100, other: 1_000 }],
    ['half after half the time', 15_000, { back: 1_100 / 3, other: 2_200 / 3 }],
    ['all after the whole time', 30_000, { back: 550, other: 550 }],
  ])('of one that came back: %s', (_, later, expected) => {
    const list = states({ back: {}, other: {} })
    become(list, 'back', 'unhealthy', 1_000)
    become(list, 'back', 'healthy', 2_000)
    const got = shares(list, 1_100, { now: 2_000 + later, policy: { ...policy, balance: 'round-robin', slowStartMs: 30_000 } })
    for (const [id, count] of Object.entries(expected)) expect(Math.abs((got[id] ?? 0) - count), id).toBeLessThanOrEqual(1)
  })

  it('do not slow the first start', () => {
    const list = states({ a: {}, b: {} })
    become(list, 'a', 'healthy')
    become(list, 'b', 'healthy')
    expect(shares(list, 10, { now: 2 })).toEqual({ a: 5, b: 5 })
  })
})

it('gives an instance exactly when one may serve, and then one that may', () => {
  const member = fc.record({
    status: fc.constantFrom('unknown', 'healthy', 'warming', 'unhealthy'),
    priority: fc.integer({ min: 1, max: 3 }),
    full: fc.boolean(),
    asked: fc.boolean(),
  })
  fc.assert(
    fc.property(
      fc.array(member, { minLength: 1, maxLength: 6 }),
      fc.constantFrom('round-robin', 'least-connections'),
      (drafts, balance) => {
        const members = drafts.map((draft, index) => ({ ...draft, id: `b${index}` }))
        const list = states(Object.fromEntries(members.map(({ id, priority }) => [id, { priority, maxConcurrency: 1 }])))
        for (const { id, status, full } of members) {
          if (status !== 'unknown') become(list, id, status)
          if (full) fill(list, id, 1)
        }
        const asked = tried(list, ...members.filter((one) => one.asked).map(({ id }) => id))
        const chosen = plan(list, { tried: asked, balance })
        const free = members.filter((one) => !one.asked && !one.full)
        const ready = free.filter(({ status }) => status === 'healthy' || status === 'unknown')
        const able = ready.length > 0 ? ready : free.filter(({ status }) => status === 'warming')
        const highest = Math.min(...able.map(({ priority }) => priority))
        const allowed = able.filter(({ priority }) => priority === highest).map(({ id }) => id)
        expect(allowed.length > 0 ? allowed : ['down', 'busy', 'exhausted']).toContain(chosen)
      },
    ),
  )
})
