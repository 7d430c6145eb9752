import fc from 'fast-check'
import { expect, it } from 'vitest'
import { rewriteStrings } from './json-strings.ts'

it('rewrites strings where they stand, and nothing else', () => {
  const text = ' {"a" : "x\\u0041", "n":1.0,"b":["x",{"c":"x","d":{}}, []],"a":"x\\"{[,:", "k":{"x":"y"} }'
  const seen: string[] = []
  const out = rewriteStrings(Buffer.from(text), (value, path, kind) => {
    if (kind !== 'string') return undefined
    seen.push(`${path.join('.')}=${value}`)
    return value === 'x' ? 'é"' : undefined
  })
  expect(seen).toEqual(['a=xA', 'b=x', 'b.c=x', 'a=x"{[,:', 'k.x=y'])
  expect(out.toString()).toBe(' {"a" : "x\\u0041", "n":1.0,"b":["é\\"",{"c":"é\\"","d":{}}, []],"a":"x\\"{[,:", "k":{"x":"y"} }')
})

it('rewrites keys and numbers where they are asked for', () => {
  const text = '{"a":-1.5e+3,"b":[1,{"a":true,"c":12345678901234567890}],"d":null}'
  const seen: string[] = []
  const out = rewriteStrings(Buffer.from(text), (value, path, kind) => {
    seen.push(`${path.join('.')} ${kind} ${value}`)
    return kind === 'key' ? `${value}${value}` : '#'
  })
  expect(seen).toEqual([
    ' key a',
    'a number -1.5e+3',
    ' key b',
    'b number 1',
    'b key a',
    'b key c',
    'b.c number 12345678901234567890',
    ' key d',
  ])
  expect(out.toString()).toBe('{"aa":"#","bb":["#",{"aa":true,"cc":"#"}],"dd":null}')
})

it('gives the same buffer where nothing changes', () => {
  const bytes = Buffer.from('["a","b"]')
  expect(rewriteStrings(bytes, (text) => text)).toBe(bytes)
})

it('reads and writes every string of any JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const stringsIn = (inner: unknown): string[] =>
        typeof inner === 'string' ? [inner] : typeof inner === 'object' && inner !== null ? Object.values(inner).flatMap(stringsIn) : []
      const marked = (inner: unknown): unknown => {
        if (typeof inner === 'string') return `${inner}!`
        if (Array.isArray(inner)) return inner.map(marked)
        if (typeof inner !== 'object' || inner === null) return inner
        return Object.fromEntries(Object.entries(inner).map(([key, each]) => [key, marked(each)]))
      }
      const seen: string[] = []
      const bytes = Buffer.from(JSON.stringify(value))
      const out = rewriteStrings(bytes, (text, _path, kind) => {
        if (kind !== 'string') return undefined
        seen.push(text)
        return `${text}!`
      })
      const parsed: unknown = JSON.parse(bytes.toString())
      expect(seen).toEqual(stringsIn(parsed))
      expect(JSON.parse(out.toString())).toEqual(marked(parsed))
    }),
  )
})
