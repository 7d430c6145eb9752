import { expect, it } from 'vitest'
import { ENDPOINT_DEFINITIONS } from './definitions.ts'
import { choicesAsked, usageAsked } from './choice-count.ts'

const [chat, completion] = ENDPOINT_DEFINITIONS

it.each<[object, number, number]>([
  [{}, 1, 1],
  [{ n: 3 }, 3, 3],
  [{ n: 0 }, 1, 1],
  [{ n: -1 }, 1, 1],
  [{ n: 1.5 }, 1, 1],
  [{ n: '3' }, 1, 1],
  [{ n: null }, 1, 1],
  [{ prompt: 'a' }, 1, 1],
  [{ prompt: ['a', 'b'] }, 1, 2],
  [{ prompt: ['a', 'b'], n: 3 }, 3, 6],
  [{ prompt: [1, 2, 3] }, 1, 1],
  [{ prompt: [[1], [2]] }, 1, 2],
  [{ prompt: [] }, 1, 1],
])('%j: %s of a chat, %s of a text completion', (fields, ofChat, ofText) => {
  expect([chat?.id, completion?.id]).toEqual(['chat', 'completion'])
  expect(chat && choicesAsked(chat, { ...fields })).toBe(ofChat)
  expect(completion && choicesAsked(completion, { ...fields })).toBe(ofText)
})

it.each<[object, boolean]>([
  [{}, false],
  [{ stream_options: null }, false],
  [{ stream_options: {} }, false],
  [{ stream_options: { include_usage: false } }, false],
  [{ stream_options: { include_usage: 'true' } }, false],
  [{ stream_options: { include_usage: true } }, true],
])('%j: %s', (fields, expected) => expect(usageAsked({ ...fields })).toBe(expected))
