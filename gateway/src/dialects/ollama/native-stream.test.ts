import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLinesReader, createOllamaTap, ollamaUsage } from './native-stream.ts'

const lines = (text: string) => createLinesReader(1_000).push(Buffer.from(text))
const verdicts = (...texts: string[]) => {
  const tap = createOllamaTap()
  return { tap, verdicts: lines(texts.map((text) => `${text}\n`).join('')).map((event) => tap.inspect(event)) }
}

describe('createLinesReader', () => {
  it('gives the same bytes however they were cut, a last line without its line feed too', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 5 }), (cuts) => {
        const bytes = Buffer.from('{"a":"é"}\r\n\n{"b":1}\n{"c":2}')
        const reader = createLinesReader(1_000)
        const places = [0, ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length]
        const events = places.slice(1).flatMap((end, index) => reader.push(bytes.subarray(places[index], end)))
        expect([...events, ...reader.flush()].map((event) => String(event.bytes))).toEqual(['{"a":"é"}\r\n', '{"b":1}\n', '{"c":2}\n'])
      }),
    )
  })

  it('holds no more than the bound', () => {
    const reader = createLinesReader(10)
    expect(reader.push(Buffer.from('0123456789'))).toEqual([])
    expect(() => reader.push(Buffer.from('x'))).toThrow('10 bytes')
  })
})

describe('createOllamaTap', () => {
  it('knows the end by a line that says so, not by a text or an argument that holds the words', () => {
    const { tap, verdicts: given } = verdicts(
      JSON.stringify({ message: { content: '"done":true' }, done: false }),
      JSON.stringify({ message: { tool_calls: [{ function: { arguments: { done: true, error: 'x' } } }] }, done: false }),
    )
    expect([given, tap.complete(), tap.pieces(), tap.usage()]).toEqual([['pass', 'pass'], false, 2, undefined])
    tap.inspect(lines('{"done" : true,"prompt_eval_count":1,"eval_count":2}\n')[0] ?? never())
    expect([tap.complete(), tap.usage()]).toEqual([true, { promptTokens: 1, completionTokens: 2, totalTokens: 3 }])
  })

  it('sees an error, and a line that only looks like one of the two', () => {
    for (const text of ['{"error":"x"}', '{"done":true']) {
      const { tap, verdicts: given } = verdicts(text)
      expect([given, String(tap.errorBody()), tap.complete()]).toEqual([['error'], text, false])
    }
    expect(verdicts('{"error":"","done":false}').verdicts).toEqual(['pass'])
  })
})

it('counts of zero are left out', () => {
  expect([ollamaUsage({ eval_count: 3 }), ollamaUsage({}), ollamaUsage([])]).toEqual([
    { promptTokens: 0, completionTokens: 3, totalTokens: 3 },
    undefined,
    undefined,
  ])
})

function never(): never {
  throw new Error('no line')
}
