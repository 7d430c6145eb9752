import { describe, expect, it } from 'vitest'
import { contextOf, MODEL } from './fixtures/context.ts'
import { refusalOf } from './fixtures/errors-of.ts'
import { asksToLoad, loadAnswer } from './load-request.ts'

describe('asksToLoad', () => {
  it.each([
    ['chat', 'messages'],
    ['generate', 'prompt'],
    ['embed', 'input'],
    ['embeddings', 'prompt'],
  ] as const)('%s without %s, whatever else is said', (operation, field) => {
    for (const fields of [{}, { [field]: null }, { [field]: '' }, { [field]: undefined, keep_alive: '5m', stream: true, system: 'x' }])
      expect(asksToLoad(operation, fields)).toBe(true)
    for (const work of ['Hi', ['Hi'], [''], 0, {}]) expect(asksToLoad(operation, { [field]: work })).toBe(false)
  })

  it.each([
    ['chat', { messages: [], prompt: 'Hi', input: 'Hi' }, true],
    ['embed', { input: [], prompt: 'Hi', messages: [1] }, true],
    ['generate', { prompt: [], messages: [1], input: 'Hi' }, false],
    ['embeddings', { prompt: [] }, false],
  ] as const)('%s with %j: %s', (operation, fields, expected) => expect(asksToLoad(operation, fields)).toBe(expected))
})

describe('loadAnswer', () => {
  const created = { model: MODEL, created_at: '2026-08-21T10:00:00.100Z', done: true }

  it.each([
    [undefined, 'load'],
    ['5m', 'load'],
    [-1, 'load'],
    [0, 'unload'],
    ['0s', 'unload'],
  ])('keep_alive %j → %s', (keepAlive, reason) => {
    const fields = { keep_alive: keepAlive }
    expect(loadAnswer('chat', contextOf(fields))).toStrictEqual({
      ...created,
      message: { role: 'assistant', content: '' },
      done_reason: reason,
    })
    expect(loadAnswer('generate', contextOf(fields))).toStrictEqual({ ...created, response: '', done_reason: reason })
    expect(loadAnswer('embed', contextOf(fields))).toStrictEqual({ model: MODEL, embeddings: [] })
    expect(loadAnswer('embeddings', contextOf(fields))).toStrictEqual({ embedding: [] })
  })

  it('refuses a keep_alive that is no duration', () => {
    for (const operation of ['chat', 'generate', 'embed', 'embeddings'] as const)
      expect(refusalOf(() => loadAnswer(operation, contextOf({ keep_alive: '5' })))).toMatchObject({
        code: 'invalid_field',
        param: 'keep_alive',
      })
  })
})
