import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ThinkSplitter } from './think-splitter.ts'

function split(pieces: readonly string[]) {
  const splitter = new ThinkSplitter()
  const parts = [...pieces.map((piece) => splitter.push(piece)), splitter.end()]
  return { reasoning: parts.map((part) => part.reasoning).join(''), content: parts.map((part) => part.content).join('') }
}

it.each([
  ['<think>a</think>b', 'a', 'b'],
  [' \n<think>\n a\n</think>\n\n b ', 'a\n', 'b '],
  ['<think></think>b', '', 'b'],
  ['<think>a', 'a', ''],
  ['<think>a</thinkb', 'a</thinkb', ''],
  ['a<think>b</think>', '', 'a<think>b</think>'],
  ['<thinking>a', '', '<thinking>a'],
  ['  a', '', '  a'],
  ['<think>a</think>b<think>c</think>', 'a', 'b<think>c</think>'],
  ['<think>a<b</think>c', 'a<b', 'c'],
  ['', '', ''],
  ['<thi', '', '<thi'],
])('%j is %j and %j, however it comes', (text, reasoning, content) => {
  expect(split([text])).toEqual({ reasoning, content })
  fc.assert(
    fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
      const points = [0, ...cuts.toSorted((a, b) => a - b), text.length]
      expect(split(points.slice(1).map((point, index) => text.slice(points[index], point)))).toEqual({ reasoning, content })
    }),
    { numRuns: 50 },
  )
})

it('has decided once nothing can be reasoning any more', () => {
  const splitter = new ThinkSplitter()
  const seen = ['', ' ', '<think>', 'a', '</think>', ' ', 'b'].map((piece) => {
    splitter.push(piece)
    return splitter.decided
  })
  expect(seen).toEqual([false, false, false, false, false, false, true])
  const plain = new ThinkSplitter()
  plain.push('a')
  expect(plain.decided).toBe(true)
})

it('does not wait for a tag behind more than 64 blanks', () => {
  const splitter = new ThinkSplitter()
  expect(splitter.push(' '.repeat(64))).toEqual({ reasoning: '', content: '' })
  expect(splitter.push(' ')).toEqual({ reasoning: '', content: ' '.repeat(65) })
})
