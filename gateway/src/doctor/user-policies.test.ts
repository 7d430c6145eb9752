import { describe, expect, it } from 'vitest'
import { configSchema, type ConfigInput } from '@jairouter/contract/config'
import { compile } from '../config/compile.ts'
import { benchConfig, effectivePolicy, seatsOf } from './bench-config.ts'
import { patientsOf, type Patient } from './user-policies.ts'

const backend = (id: string, more: Partial<NonNullable<ConfigInput['backends']>[number]> = {}) => ({
  id,
  type: 'vllm',
  url: `http://127.0.0.1:9/${id}`,
  apiKey: 'a-secret-of-mine',
  headers: { 'x-secret': 'another' },
  models: ['m'],
  ...more,
})

function examine(input: ConfigInput): readonly Patient[] {
  const config = configSchema.parse(input)
  const compiled = compile(config, new Map(), { generation: 0 })
  if ('problems' in compiled) throw new Error(JSON.stringify(compiled.problems))
  return patientsOf(config, compiled.snapshot)
}

describe('the chat models of a config', () => {
  it('have as many instances as backends offer them, with weights, priorities, room and breakers', () => {
    const [patient, ...none] = examine({
      backends: [
        backend('a', { weight: 3, maxConcurrency: 4, breaker: { consecutive: 2, openFor: '7s' } }),
        backend('b', { priority: 2 }),
        backend('c', { enabled: false }),
        backend('d', { models: [{ name: 'e', services: ['embedding'] }] }),
      ],
    })
    expect(none).toEqual([])
    expect(patient?.names).toEqual(['m'])
    expect(patient?.policies.models).toEqual({
      m: {
        instances: [
          { weight: 3, priority: 1, maxConcurrency: 4, breaker: { consecutive: 2, openFor: 7_000 } },
          { weight: 1, priority: 2 },
        ],
      },
    })
  })

  it('have one where all are disabled', () => {
    expect(examine({ backends: [backend('a', { enabled: false })] })[0]?.policies.models['m']?.instances).toEqual([{}])
  })

  it('keep nothing of who really answers', () => {
    const text = JSON.stringify(examine({ backends: [backend('a')], auth: { keys: [{ name: 'k', key: 'a-clients-key' }] } }))
    expect(text).not.toMatch(/127\.0\.0\.1|secret|vllm|clients/)
  })

  it('are examined once where they are handled alike', () => {
    const patients = examine({
      backends: [backend('a', { models: ['x', 'y'] }), backend('b', { models: ['z'] })],
      models: [
        { name: 'own', aliases: ['also'], targets: [{ backend: 'a', model: 'x' }], retry: { attempts: 1 } },
        {
          name: 'two',
          targets: [
            { backend: 'a', model: 'x' },
            { backend: 'b', model: 'z' },
          ],
        },
      ],
    })
    expect(patients.map(({ names }) => names)).toEqual([['x', 'y', 'z'], ['own'], ['two']])
  })

  it('whose names are not known yet are examined as one', () => {
    const [patient] = examine({ backends: [backend('a', { models: 'auto', weight: 2 }), backend('b', { models: 'auto' })] })
    expect(patient?.names).toEqual(['what a and b will list'])
    expect(Object.values(patient?.policies.models ?? {})).toEqual([
      {
        instances: [
          { weight: 2, priority: 1 },
          { weight: 1, priority: 1 },
        ],
      },
    ])
  })

  it('are none where there is no chat', () => {
    expect(examine({ backends: [backend('a', { models: [{ name: 'e', services: ['embedding'] }] })] })).toEqual([])
    expect(examine({})).toEqual([])
  })
})

describe('policies', () => {
  const config: ConfigInput = {
    backends: [
      backend('a', { models: ['x'] }),
      backend('b', { models: ['y', 'z'] }),
      backend('e', { models: [{ name: 'vectors', services: ['embedding'] }] }),
    ],
    defaults: {
      retry: { attempts: 5, maxWait: '9s' },
      fallback: [{ model: 'vectors' }, { model: 'z' }],
      limits: [{ algorithm: 'concurrency', limit: 1 }],
    },
    services: { chat: { timeouts: { idle: '11s' } } },
    models: [
      {
        name: 'main',
        aliases: ['alias'],
        targets: [{ backend: 'a', model: 'x' }],
        retry: { attempts: 2 },
        fallback: [{ model: 'alias-of-y' }],
      },
      {
        name: 'other',
        aliases: ['alias-of-y'],
        targets: [
          { backend: 'b', model: 'y' },
          { backend: 'b', model: 'z' },
        ],
        timeouts: { idle: '12s' },
        fallback: [{ model: 'main' }],
      },
    ],
  }
  const patient = examine(config).find(({ names }) => names.includes('main'))

  it('are those that hold in the end: model over service over defaults over what is built in', () => {
    if (patient === undefined) throw new Error('not examined')
    const { retry, timeouts, fallback } = effectivePolicy(patient.policies)
    expect([retry.attempts, retry.maxWaitMs, timeouts.idle, timeouts.response]).toEqual([2, 9_000, 11_000, 120_000])
    expect(fallback).toEqual([{ kind: 'model', model: 'alias-of-y', on: ['unavailable', 'timeout', 'rate-limited'] }])
  })

  it('bring the models with them that chains lead to, under the names that chains use', () => {
    const models = patient?.policies.models ?? {}
    expect(Object.keys(models)).toEqual(['main', 'z', 'alias-of-y'])
    expect(models['alias-of-y']).toMatchObject({ policy: { timeouts: { idle: 12_000 }, fallback: [] }, instances: [{}, {}] })
    expect(models['z']).toEqual({ policy: { fallback: [] }, instances: [{ weight: 1, priority: 1 }] })
  })

  it('lead to no model of another service', () => {
    expect(patient?.policies.defaults?.fallback).toEqual([{ model: 'z' }])
  })

  it('become a config over simulated servers, shortened, built-in durations included, without limits', () => {
    if (patient === undefined) throw new Error('not examined')
    const seats = seatsOf(patient.policies)
    expect(seats.map(({ id, model }) => `${id} ${model}`)).toEqual([
      'server-1-1 main',
      'server-2-1 z',
      'server-3-1 alias-of-y',
      'server-3-2 alias-of-y',
    ])
    const bench = benchConfig(patient.policies, { speed: 10, timed: true, urlOf: (id) => `http://127.0.0.1:9/${id}` })
    expect(bench.defaults).toMatchObject({
      timeouts: { response: 12_000, firstToken: 6_000, idle: 6_000 },
      retry: { attempts: 5, maxWait: 900 },
      breaker: { window: 3_000, openFor: 500, maxOpenFor: 3_000 },
      slowStart: 3_000,
    })
    expect(bench.services.chat).toEqual({ timeouts: { idle: 1_100 } })
    expect([bench.defaults.limits, bench.auth.mode, bench.auth.keys, bench.server.port]).toEqual([undefined, 'none', [], 0])
    expect(bench.backends.map(({ id, url, type, apiKey }) => [id, url, type, apiKey])).toEqual(
      seats.map(({ id }) => [id, `http://127.0.0.1:9/${id}`, 'openai-compatible', undefined]),
    )
    expect(bench.models.map(({ name, targets }) => [name, targets.map((target) => target.backend)])).toEqual([
      ['main', ['server-1-1']],
      ['z', ['server-2-1']],
      ['alias-of-y', ['server-3-1', 'server-3-2']],
    ])
  })
})
