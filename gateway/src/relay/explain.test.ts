import type { ConfigInput } from '@jairouter/contract/config'
import { BALANCERS } from '@jairouter/contract/names'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createStateTable, type StateTable } from '../lib/state-table.ts'
import { admit } from './admission.ts'
import { explain, type ExplainInput, type ExplainPorts } from './explain.ts'
import { callOf, clientOf, routeOf, snapshotOf } from './fixtures/compiled.ts'
import { createMemory } from './memory.ts'
import { planNext } from './plan.ts'
import { createRouteStates } from './route-states.ts'
import { stickyKey } from './sticky-key.ts'
import { hash32 } from '../lib/hash.ts'

const NOW = 50_000
const BODY = { model: 'm', user: 'somebody', messages: [{ role: 'user', content: 'Hello' }] }

function configOf({ balance, weights, priorities }: Drawn): ConfigInput {
  return {
    auth: { keys: [{ name: 'app', key: 'a-key-of-an-app', limits: [{ algorithm: 'sliding-window', limit: 100, window: '1m' }] }] },
    backends: weights.map((weight, index) => ({
      id: `b${index}`,
      type: 'openai-compatible',
      url: `http://192.0.2.${index + 1}`,
      models: ['m'],
      weight,
      priority: priorities[index] ?? 1,
      maxConcurrency: 3,
      limits: [{ algorithm: 'token-bucket', rate: '2/s' }],
    })),
    defaults: {
      balance,
      retry: { attempts: 2 },
      limits: [
        { algorithm: 'token-bucket', rate: '100/s', by: 'client-ip' },
        { algorithm: 'concurrency', limit: 50 },
      ],
      cache: { ttl: '1m' },
      fallback: [{ cache: {} }],
    },
  }
}

interface Drawn {
  readonly balance: (typeof BALANCERS)[number]
  readonly weights: readonly number[]
  readonly priorities: readonly number[]
  /** For each backend: health, breaker, pause, credential, in flight, what its balancer remembers, its latency. */
  readonly states: readonly (readonly number[])[]
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  balance: fc.constantFrom(...BALANCERS),
  weights: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 4, maxLength: 4 }),
  priorities: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 4, maxLength: 4 }),
  states: fc.array(fc.tuple(fc.nat(3), fc.nat(5), fc.nat(3), fc.nat(6), fc.nat(3), fc.integer({ min: -3, max: 3 }), fc.nat(500)), {
    minLength: 4,
    maxLength: 4,
  }),
})

/** A memory with the drawn states, and its table with the names of all that is in it. */
function remembering(config: ConfigInput, { states }: Drawn) {
  const snapshot = snapshotOf(config)
  const memory = createMemory(() => NOW)
  const route = routeOf(snapshot, 'm')
  const known = createRouteStates(memory).of(route, 'chat')
  for (const [index, state] of known.entries()) {
    const [health = 0, breaker = 0, pause = 0, credential = 0, inFlight = 0, owed = 0, latency = 0] = states[index] ?? []
    state.health[0] = health
    if (breaker === 5) state.breaker.fill(1)
    if (pause === 3) state.pause.fill(NOW + 9_000)
    if (credential === 6) state.credential.fill(NOW + 9_000)
    for (let count = 0; count < inFlight; count += 1) state.add(1)
    state.memory[0] = owed / 7
    state.latency[0] = latency
  }
  const key = [...snapshot.auth.keys.values()][0]
  admit({ call: callOf(BODY), route, key, address: '192.0.2.9' }, memory.limits, NOW)
  const input: ExplainInput = { call: callOf(BODY), sent: BODY, key, snapshot, address: '192.0.2.9', headers: {}, band: 'default' }
  const ports: ExplainPorts = { ...memory, budgets: undefined, now: () => NOW, wallClock: () => 0 }
  return { snapshot, memory, route, known, input, ports }
}

function bytesOf(table: StateTable): ReadonlyMap<string, string> {
  const all = new Map<string, string>()
  table.sweep((name) => {
    all.set(name, Buffer.from(table.peek(name)?.buffer ?? new ArrayBuffer(0)).toString('hex'))
    return true
  })
  return all
}

it('leaves all that is remembered as it is, byte by byte', async () => {
  await fc.assert(
    fc.asyncProperty(drawn, async (given) => {
      const { memory, input, ports, route } = remembering(configOf(given), given)
      const rules = [...route.limits, ...(input.key?.limits ?? [])]
      const limits = () => rules.map((rule) => memory.limits.mostUsed(rule, NOW))
      const [before, used, size] = [bytesOf(memory.table), limits(), memory.limits.size]
      await explain(input, ports)
      expect(bytesOf(memory.table)).toEqual(before)
      expect(limits()).toEqual(used)
      expect(memory.limits.size).toBe(size)
    }),
    { numRuns: 60 },
  )
})

it('tells whom the plan of a real request chooses, in every state', async () => {
  await fc.assert(
    fc.asyncProperty(drawn, async (given) => {
      const { known, route, input, ports } = remembering(configOf(given), given)
      const explanation = await explain(input, ports)
      const hash = hash32(stickyKey(route.policy, input.call, clientOf({}, input.address)))
      const plan = planNext(known, { policy: route.policy, tried: new Set(), hash, now: NOW, random: () => 0.5 })
      const chosen = explanation.candidates.filter(({ verdict }) => verdict === 'chosen').map(({ instance }) => instance)
      expect(chosen).toEqual(plan.kind === 'chosen' ? [plan.state.instance.id] : [])
      const shares = explanation.candidates.map(({ share }) => share)
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(plan.kind === 'chosen' ? 1 : 0, 9)
      const orders = explanation.candidates.flatMap(({ order }) => order ?? []).toSorted((a, b) => a - b)
      expect(orders).toEqual(orders.map((_, index) => index + 1))
      expect(explanation.order).toHaveLength(Math.min(2, orders.length))
    }),
    { numRuns: 150 },
  )
})

describe('of a request with fields that a wire format has no words for', () => {
  it('passes over the instances that could not say it, and they count as calls', async () => {
    const snapshot = snapshotOf({
      backends: [
        { id: 'claude', type: 'anthropic', models: ['m'], apiKey: 'k' },
        { id: 'plain', type: 'openai-compatible', url: 'http://192.0.2.1', models: ['m'], priority: 2 },
      ],
    })
    const body = { ...BODY, messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'x', format: 'mp3' } }] }] }
    const memory = createMemory(() => NOW)
    const table = createStateTable()
    const ports: ExplainPorts = { ...memory, table, budgets: undefined, now: () => NOW, wallClock: () => 0 }
    const input = { call: callOf(body), sent: body, key: undefined, snapshot, address: '192.0.2.9', headers: {}, band: 'default' } as const
    const explanation = await explain(input, ports)
    expect(explanation.goesTo).toBe('plain/m')
    expect(explanation.candidates).toMatchObject([{ reason: 'cannot-say', verdict: 'lost' }, { verdict: 'chosen' }])
    expect(explanation.rewrites[0]?.cannotSay).toContain('messages')
    const one = snapshotOf({ backends: [{ id: 'claude', type: 'anthropic', models: ['m'], apiKey: 'k' }] })
    expect((await explain({ ...input, snapshot: one }, ports)).refusal).toMatchObject({ status: 400, code: 'invalid_field' })
  })
})
