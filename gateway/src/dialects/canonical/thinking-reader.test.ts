import { expect, test } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { createThinkingReader } from './thinking-reader.ts'

function heard(...deltas: JsonObject[]): readonly (readonly unknown[])[] {
  const all: unknown[][] = []
  const read = createThinkingReader({
    think: (text) => all.push(['think', text]),
    sign: (signature, fresh) => all.push(['sign', signature, fresh]),
    redacted: (data) => all.push(['redacted', data]),
  })
  deltas.forEach(read)
  return all
}
const blocks = (...thinking_blocks: readonly JsonObject[]) => ({ thinking_blocks })

test('nothing, and reasoning in the open', () => {
  expect(heard({}, { content: 'a' }, { reasoning_content: '' })).toEqual([])
  expect(heard({ reasoning_content: 'a' }, { reasoning: 'b' })).toEqual([
    ['think', 'a'],
    ['think', 'b'],
  ])
})

test('blocks alone bear the text, and a signature in pieces', () => {
  expect(
    heard(
      blocks({ type: 'thinking', thinking: 'a' }),
      blocks({ type: 'thinking', thinking: 'b', signature: 's' }, { type: 'thinking', signature: 't' }),
    ),
  ).toEqual([
    ['think', 'a'],
    ['think', 'b'],
    ['sign', 's', false],
    ['sign', 't', false],
  ])
})

test('blocks beside reasoning add the signature alone, each to a block of its own', () => {
  expect(heard({ reasoning_content: 'a', ...blocks({ type: 'thinking', thinking: 'a', signature: 's' }) })).toEqual([
    ['think', 'a'],
    ['sign', 's', true],
  ])
})

test('blocks that keep their text to themselves are apart', () => {
  expect(heard(blocks({ type: 'thinking', thinking: '', signature: 's' }, { type: 'thinking', thinking: '', signature: 't' }))).toEqual([
    ['sign', 's', true],
    ['sign', 't', true],
  ])
})

test('redacted blocks', () => {
  expect(heard(blocks({ type: 'redacted_thinking', data: 'x' }, { type: 'redacted_thinking' }))).toEqual([
    ['redacted', 'x'],
    ['redacted', ''],
  ])
})
