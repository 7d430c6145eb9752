import { describe, expect, it } from 'vitest'
import type { AnswerContext } from '../codec.ts'
import { answerHead, createRoleTeller, toChunk, usageChunk } from './answer-head.ts'

const context = (endpoint: AnswerContext['endpoint']): AnswerContext => ({ endpoint, fields: {}, model: 'm', id: 'r-1', created: 7 })

describe('answerHead', () => {
  it.each([
    ['chat', 'whole', { id: 'chatcmpl-r-1', object: 'chat.completion' }],
    ['chat', 'chunk', { id: 'chatcmpl-r-1', object: 'chat.completion.chunk' }],
    ['completion', 'whole', { id: 'cmpl-r-1', object: 'text_completion' }],
    ['completion', 'chunk', { id: 'cmpl-r-1', object: 'text_completion' }],
  ] as const)('of a %s, %s', (endpoint, form, own) => {
    expect(answerHead(context(endpoint), form)).toEqual({ ...own, created: 7, model: 'm' })
  })

  it('says what the backend tells of itself', () => {
    const told = { object: 'chat.completion', model: 'm' }
    expect(answerHead(context('chat'), 'whole', { id: 'msg_1', created: 9 })).toEqual({ ...told, id: 'msg_1', created: 9 })
    expect(answerHead(context('chat'), 'whole', { id: undefined, created: undefined })).toEqual({ ...told, id: 'chatcmpl-r-1', created: 7 })
  })
})

it('chunks have one choice or none', () => {
  expect(toChunk({ id: 'x' }, { index: 0 }, { extra: 1 })).toEqual({ kind: 'chunk', chunk: { id: 'x', choices: [{ index: 0 }], extra: 1 } })
  expect(toChunk(undefined, undefined)).toEqual({ kind: 'chunk', chunk: { choices: [] } })
  expect(usageChunk({ id: 'x' }, { total_tokens: 1 })).toEqual({
    kind: 'chunk',
    chunk: { id: 'x', choices: [], usage: { total_tokens: 1 } },
  })
})

it('the first delta alone says whose message it is', () => {
  const role = createRoleTeller()
  expect(role.told()).toBe(false)
  expect(role.tell({ content: 'a' })).toEqual({ role: 'assistant', content: 'a' })
  expect(role.told()).toBe(true)
  expect(role.tell({ content: 'b' })).toEqual({ content: 'b' })
})
