import { configSchema, policySchema, type ConfigInput } from '@jairouter/contract/config'
import { BALANCERS } from '@jairouter/contract/names'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compile } from './compile.ts'
import { effectivePolicy } from './effective-policy.ts'
import type { Policy, Snapshot } from './snapshot.ts'

const ms = fc.integer({ min: 100, max: 9_000 }).map((value) => `${value}ms`)
const some = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })

/** What a place of the config says; also nothing. */
const layer = fc
  .record(
    {
      balance: fc.constantFrom(...BALANCERS),
      timeouts: fc.record({ connect: ms, total: ms }, { requiredKeys: [] }),
      retry: fc.record({ attempts: fc.integer({ min: 1, max: 9 }), maxWait: ms, resume: fc.boolean() }, { requiredKeys: [] }),
      breaker: fc.record({ enabled: fc.boolean(), consecutive: fc.integer({ min: 1, max: 9 }), openFor: ms }, { requiredKeys: [] }),
      queue: fc.record({ size: fc.nat(9), timeout: ms }, { requiredKeys: [] }),
      hedge: fc.record(
        { enabled: fc.boolean(), after: fc.oneof(ms, fc.constant('p90')), budget: fc.constantFrom(0.1, 0.2) },
        { requiredKeys: [] },
      ),
      cache: fc.record({ enabled: fc.boolean(), ttl: ms, maxEntries: fc.integer({ min: 1, max: 9 }) }, { requiredKeys: [] }),
      capture: fc.record(
        {
          enabled: fc.boolean(),
          sides: fc.constantFrom(['request' as const], ['answer' as const]),
          maxBytes: fc.constantFrom('1kb', '2kb'),
        },
        { requiredKeys: [] },
      ),
      slow: fc.oneof(ms, fc.record({ total: ms, firstToken: ms, betweenTokens: ms }, { requiredKeys: [] })),
      slowStart: ms,
      fallback: fc.constantFrom([], [{ response: { content: 'busy' } }]),
      limits: fc.constantFrom([], [{ algorithm: 'concurrency' as const, limit: 3 }]),
      content: fc.constantFrom([], ['mail'], ['mail', 'card']),
    },
    { requiredKeys: [] },
  )
  .map((given) => JSON.parse(JSON.stringify(given)) as NonNullable<ConfigInput['defaults']>)

function compiled(config: ConfigInput): { readonly snapshot: Snapshot; readonly config: ReturnType<typeof configSchema.parse> } {
  const contentRules = (['email', 'card'] as const).map((builtin) => ({
    name: builtin === 'email' ? 'mail' : builtin,
    match: { builtin },
    action: 'flag' as const,
  }))
  const parsed = configSchema.parse({ contentRules, ...config })
  const result = compile(parsed, new Map(), { generation: 1 })
  if ('problems' in result) throw new Error(JSON.stringify(result.problems))
  return { snapshot: result.snapshot, config: parsed }
}

const BACKEND = { id: 'b', type: 'vllm', url: 'http://192.0.2.1', models: ['m'] }

/** The compiled policy in the names of the settings. */
function flat(policy: Policy): Record<string, unknown> {
  const { timeouts, retry, breaker, queue, hedge, cache, capture, slow } = policy
  const { windowMs, openForMs, maxOpenForMs, ...counts } = breaker
  const { maxWaitMs, ...tries } = retry
  return {
    balance: policy.balance,
    hashKeys: policy.hashKeys,
    slowStart: policy.slowStartMs,
    ...named('slow', { total: slow.totalMs, firstToken: slow.firstTokenMs, betweenTokens: slow.betweenTokensMs }),
    emitReasoning: policy.emitReasoning,
    fallback: policy.fallback,
    content: policy.content?.map(({ name }) => name) ?? null,
    ...named('timeouts', timeouts),
    ...named('retry', { ...tries, maxWait: maxWaitMs }),
    ...named('breaker', { ...counts, window: windowMs, openFor: openForMs, maxOpenFor: maxOpenForMs }),
    ...named('queue', { size: queue.size, timeout: queue.timeoutMs }),
    ...named('hedge', {
      enabled: hedge !== undefined,
      after: hedge === undefined ? null : (hedge.afterMs ?? `p${Math.round(hedge.quantile * 100)}`),
      budget: hedge?.budget ?? null,
    }),
    ...named('capture', {
      enabled: capture !== undefined,
      sides: capture?.sides ?? null,
      to: capture?.to ?? null,
      maxBytes: capture?.maximumBytes ?? null,
    }),
    ...named('cache', {
      enabled: cache !== undefined,
      ttl: cache?.ttlMs ?? null,
      maxEntries: cache?.maxEntries ?? null,
      maxBytes: cache?.maxBytes ?? null,
    }),
  }
}

function named(group: string, values: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${group}.${name}`, value]))
}

it('has the values that requests are answered by, whatever stands where', () => {
  fc.assert(
    fc.property(some(layer), some(layer), some(layer), (defaults, chat, model) => {
      const input: ConfigInput = {
        backends: [BACKEND],
        ...(defaults === undefined ? {} : { defaults }),
        services: chat === undefined ? {} : { chat },
        models: [{ name: 'smart', ...model, targets: [{ backend: 'b', model: 'm' }] }],
      }
      const { snapshot, config } = compiled(input)
      for (const name of ['smart', 'm']) {
        const route = snapshot.routes.get('chat')?.get(name)
        const effective = effectivePolicy(config, { service: 'chat', model: name })
        if (route === undefined || effective === undefined) throw new Error(`There is no ${name}`)
        expect(Object.fromEntries(Object.entries(effective.values).map(([key, { value }]) => [key, value]))).toEqual(flat(route.policy))
        expect(effective.limits).toHaveLength(route.limits.length + route.instanceLimits.length)
      }
    }),
  )
})

it('knows every setting of a policy', () => {
  const { config } = compiled({ backends: [BACKEND] })
  const names = new Set(Object.keys(effectivePolicy(config, { service: 'chat' })?.values ?? {}).map((name) => name.split('.')[0]))
  expect([...names, 'limits'].toSorted()).toEqual(Object.keys(policySchema.shape).toSorted())
})

describe('says where a value stands', () => {
  const { config } = compiled({
    backends: [{ ...BACKEND, breaker: { consecutive: 2 }, limits: [{ algorithm: 'concurrency', limit: 1 }] }],
    defaults: { timeouts: { total: '1m' }, hedge: { budget: 0.1 }, cache: { ttl: '1m' } },
    services: { chat: { timeouts: { total: '2m' }, cache: { enabled: false }, limits: [{ algorithm: 'concurrency', limit: 9 }] } },
    models: [{ name: 'smart', aliases: ['gpt'], timeouts: { connect: '1s' }, targets: [{ backend: 'b', model: 'm' }] }],
  })
  const values = (scope: Parameters<typeof effectivePolicy>[1]) => effectivePolicy(config, scope)?.values ?? {}

  it('the nearest place', () => {
    expect(values({ service: 'chat', model: 'gpt' })).toMatchObject({
      'timeouts.connect': { value: 1_000, unit: 'ms', source: 'model', path: 'models[smart].timeouts.connect' },
      'timeouts.total': { value: 120_000, source: 'service', path: 'services.chat.timeouts.total' },
      'timeouts.idle': { value: 60_000, source: 'default', path: null },
      'hedge.enabled': { value: true, source: 'defaults', path: 'defaults.hedge' },
      'hedge.after': { value: 'p95', source: 'default', path: null },
      'cache.ttl': { value: null, source: 'service', path: 'services.chat.cache.enabled' },
      'breaker.consecutive': { value: 5, source: 'default' },
    })
    expect(values({ service: 'embedding' })['timeouts.total']).toMatchObject({ value: 60_000, source: 'defaults' })
  })

  it('not one that was forgotten when it was turned off in between', () => {
    const { config: again } = compiled({
      backends: [BACKEND],
      defaults: { cache: { ttl: '1m' } },
      services: { chat: { cache: { enabled: false } } },
      models: [{ name: 'smart', cache: { maxEntries: 5 }, targets: [{ backend: 'b', model: 'm' }] }],
    })
    expect(effectivePolicy(again, { service: 'chat', model: 'smart' })?.values).toMatchObject({
      'cache.enabled': { value: true, source: 'model', path: 'models[smart].cache' },
      'cache.ttl': { value: 600_000, source: 'default', path: null },
      'cache.maxEntries': { value: 5, source: 'model', path: 'models[smart].cache.maxEntries' },
    })
  })

  it('of a backend, too, and limits of all places', () => {
    expect(values({ service: 'chat', backend: 'b' })['breaker.consecutive']).toEqual({
      value: 2,
      source: 'backend',
      path: 'backends[b].breaker.consecutive',
    })
    expect(effectivePolicy(config, { service: 'chat', backend: 'b' })?.limits).toMatchObject([
      { by: 'service', source: 'service', path: 'services.chat.limits[0]' },
      { by: 'instance', source: 'backend', path: 'backends[b].limits[0]' },
    ])
    expect(effectivePolicy(config, { service: 'chat', backend: 'none' })).toBeUndefined()
  })
})
