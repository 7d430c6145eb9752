import { expect, it } from 'vitest'
import { answerOf, listOf } from './fixtures/servers.ts'
import { adapterOf } from './fixtures/subjects.ts'
import { listQuestions, readModels } from './read-models.ts'

const adapter = adapterOf('openai-compatible')
const first = { method: 'GET', path: '/v1/models', credential: true } as const
const second = { method: 'GET', path: '/models', credential: true } as const

it('asks for the adapter’s lists', () => {
  expect(listQuestions(adapter)).toEqual([first, second])
  expect(listQuestions(adapterOf('azure-openai'))).toEqual([])
})

it('reads the first that is one', () => {
  expect(
    readModels(adapter, [answerOf('GET /v1/models', listOf('x', ['a', 'b'])), answerOf('GET /models', listOf('x', ['c']))]),
  ).toMatchObject({
    kind: 'read',
    question: first,
    models: [{ id: 'a' }, { id: 'b' }],
  })
  expect(readModels(adapter, [answerOf('GET /v1/models', [404]), answerOf('GET /models', listOf('x', ['c']))])).toMatchObject({
    kind: 'read',
    question: second,
    models: [{ id: 'c' }],
  })
})

it('does not read what was given without the key', () => {
  expect(readModels(adapter, [answerOf('GET /v1/models keyless', listOf('x'))])).toEqual({ kind: 'unread', reason: 'not asked' })
})

it('says why there is none: what was wrong with the first', () => {
  const failed = { question: first, outcome: { kind: 'failed', reason: 'it closes the connection', connected: true } } as const
  expect(readModels(adapter, [failed, answerOf('GET /models', [404])])).toEqual({ kind: 'unread', reason: 'it closes the connection' })
  expect(readModels(adapter, [answerOf('GET /v1/models', [401]), failed])).toEqual({ kind: 'unread', reason: '/v1/models answers 401' })
  expect(readModels(adapter, [answerOf('GET /v1/models', [200, { a: 1 }])])).toEqual({
    kind: 'unread',
    reason: '/v1/models answers with something else',
  })
  expect(readModels(adapter, [answerOf('GET /v1/models', [201, listOf('x')[1]])])).toEqual({
    kind: 'unread',
    reason: '/v1/models answers 201',
  })
  expect(readModels(adapter, [])).toEqual({ kind: 'unread', reason: 'not asked' })
  expect(readModels(adapterOf('azure-openai'), [])).toEqual({ kind: 'none' })
})
