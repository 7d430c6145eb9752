import { describe, expect, it } from 'vitest'
import type { ConfigInput } from '@jairouter/contract/config'
import type { KeyRecord } from '../config/snapshot.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { callOf, routeOf, snapshotOf } from './fixtures/compiled.ts'
import { maySee, resolveRoute } from './resolve.ts'

const url = 'http://127.0.0.1:1'
const CONFIG: ConfigInput = {
  backends: [{ id: 'a', type: 'vllm', url, models: ['qwen', { name: 'bge', services: ['embedding'] }] }],
  models: [{ name: 'smart', aliases: ['gpt-4o'], targets: [{ backend: 'a', model: 'qwen' }] }],
}
const snapshot = snapshotOf(CONFIG)

const chat = (model: string) => callOf({ model, messages: [] })
const keyFor = (...models: string[]): KeyRecord => ({ name: 'k', limits: [], models, enabled: true, priority: 'default' })

function refusal(run: () => unknown): GatewayError {
  try {
    run()
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('Expected a refusal')
}

describe('resolveRoute', () => {
  it('finds a model by its name and by its aliases, one route', () => {
    expect(resolveRoute(chat('smart'), snapshot, undefined)).toBe(routeOf(snapshot, 'smart'))
    expect(resolveRoute(chat('gpt-4o'), snapshot, undefined)).toBe(routeOf(snapshot, 'smart'))
  })

  it('finds the route of the endpoint’s service', () => {
    expect(resolveRoute(callOf({ model: 'bge', input: 'x' }, 'embedding'), snapshot, undefined).service).toBe('embedding')
    expect(resolveRoute(callOf({ model: 'qwen', prompt: 'x' }, 'completion'), snapshot, undefined).service).toBe('chat')
  })

  it('is 404 for a model that is for another service, and names some that would do', () => {
    const error = refusal(() => resolveRoute(chat('bge'), snapshot, undefined))
    expect(error).toMatchObject({ code: 'model_not_found', status: 404, param: 'model' })
    expect(error.message).toContain('"qwen"')
    expect(error.message).toContain('"smart"')
  })

  it('suggests the nearest name', () => {
    expect(refusal(() => resolveRoute(chat('qwenn'), snapshot, undefined)).message).toContain('did you mean "qwen"')
  })

  it('lists a few names, and says how many more there are', () => {
    const models = Array.from({ length: 8 }, (_, index) => `model-number-${index}`)
    const many = snapshotOf({ backends: [{ id: 'a', type: 'vllm', url, models }] })
    const { message } = refusal(() => resolveRoute(chat('zzz'), many, undefined))
    expect(message).toMatch(/"model-number-0".*"model-number-4", and 3 more$/)
  })

  it('is 503 while a backend has not said what it has', () => {
    const early = snapshotOf({ ...CONFIG, backends: [...(CONFIG.backends ?? []), { id: 'b', type: 'vllm', url: 'http://127.0.0.1:2' }] })
    expect(refusal(() => resolveRoute(chat('other'), early, undefined))).toMatchObject({
      code: 'no_healthy_instance',
      status: 503,
      retryAfterSeconds: expect.any(Number),
    })
    expect(resolveRoute(chat('qwen'), early, undefined).model).toBe('qwen')
  })

  it('is 404 once all have', () => {
    const known = snapshotOf({ backends: [{ id: 'b', type: 'vllm', url }] }, { b: ['x'] })
    expect(refusal(() => resolveRoute(chat('other'), known, undefined)).code).toBe('model_not_found')
  })

  it('is 403 for a model that the key may not use', () => {
    expect(refusal(() => resolveRoute(chat('smart'), snapshot, keyFor('qwen')))).toMatchObject({
      code: 'model_not_allowed',
      status: 403,
      param: 'model',
    })
  })

  it('tells a key nothing of the models that it may not use', () => {
    const error = refusal(() => resolveRoute(chat('smarty'), snapshot, keyFor('qwen')))
    expect(error.message).not.toContain('"smart"')
    expect(error.message).not.toContain('gpt-4o')
  })

  it('asks the key about the name that the client sent, alias or not', () => {
    expect(resolveRoute(chat('gpt-4o'), snapshot, keyFor('gpt-*')).model).toBe('smart')
    expect(refusal(() => resolveRoute(chat('smart'), snapshot, keyFor('gpt-*'))).code).toBe('model_not_allowed')
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('takes the name %s for any other', (name) => {
    expect(refusal(() => resolveRoute(chat(name), snapshot, undefined)).code).toBe('model_not_found')
  })
})

describe('maySee', () => {
  it.each([
    [['*'], 'anything', true],
    [['qwen*', 'bge'], 'qwen3-8b', true],
    [['qwen*', 'bge'], 'bge', true],
    [['qwen*', 'bge'], 'bge-m3', false],
    [[], 'bge', false],
  ])('%j and %s: %s', (models, name, expected) => {
    expect(maySee(keyFor(...models), { id: name, services: ['chat'] })).toBe(expected)
  })
  it('asks for a service that the key is for', () => {
    const key = { ...keyFor('*'), services: ['embedding', 'rerank'] as const }
    expect(maySee(key, { id: 'm', services: ['chat', 'rerank'] })).toBe(true)
    expect(maySee(key, { id: 'm', services: ['chat'] })).toBe(false)
    expect(refusal(() => resolveRoute(chat('smart'), snapshot, key)).code).toBe('permission_denied')
  })
})
