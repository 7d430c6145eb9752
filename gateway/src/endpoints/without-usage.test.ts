import { describe, expect, it } from 'vitest'
import { createSseReader } from '../lib/sse-reader.ts'
import { withoutUsage } from './without-usage.ts'

function without(text: string): string | undefined {
  const [event] = createSseReader(1_000_000).push(Buffer.from(text))
  if (event?.data === undefined) throw new Error('no event')
  return withoutUsage(event, event.data)?.toString()
}

describe('withoutUsage', () => {
  it.each([
    ['at the end, null', 'data: {"choices":[1.0],"usage":null}\n\n', 'data: {"choices":[1.0]}\n\n'],
    ['at the end, counts', 'data: {"choices":[1.0],"usage":{"a":{}}}\n\n', 'data: {"choices":[1.0]}\n\n'],
    ['in front', 'data:{"usage" : null , "choices":[ "\\u00e9" ]}\n\n', 'data:{"choices":[ "\\u00e9" ]}\n\n'],
    ['between', 'id: 7\ndata: {"a":1,"usage":{},"choices":[]}\n\n', 'id: 7\ndata: {"a":1,"choices":[]}\n\n'],
    ['in data of several lines', 'data: {"a":1,\ndata: "usage":{},"b":[2,\ndata: 3]}\n\n', 'data: {"a":1,"b":[2,\ndata: 3]}\n\n'],
  ])('takes it out: %s', (_name, text, expected) => {
    expect(without(text)).toBe(expected)
  })

  it.each([
    ['none', 'data: {"choices":[]}\n\n'],
    ['one within a choice', 'data: {"choices":[{"usage":null}]}\n\n'],
    ['the word within a text', 'data: {"choices":[{"text":"\\"usage\\":null}"}]}\n\n'],
    ['broken JSON', 'data: {"usage":\n\n'],
  ])('leaves the event alone: %s', (_name, text) => {
    expect(without(text)).toBeUndefined()
  })
})
