import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseStrictJson, pointerSegment } from './strict-json.ts'

describe('parseStrictJson', () => {
  it('gives what JSON.parse gives, for everything that JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        fc.pre(!text.includes('__proto__'))
        expect(parseStrictJson(text)).toEqual({ value: JSON.parse(text) })
      }),
    )
  })

  it('finds a key that stands twice in any object of any text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.string(), fc.jsonValue({ maxDepth: 2 }), (before, key, value) => {
        fc.pre(key !== '__proto__' && !JSON.stringify([before, value]).includes('__proto__'))
        const pair = `${JSON.stringify(key)}: ${JSON.stringify(value)}`
        const text = `[${JSON.stringify(before)}, {${pair}, ${pair}}]`
        expect(parseStrictJson(text)).toEqual({ fault: { kind: 'duplicate', pointer: `/1${pointerSegment(key)}` } })
      }),
    )
  })

  it.each([
    ['{"a":1', 'syntax', ''],
    ['', 'syntax', ''],
    ['{"a":1,"\\u0061":2}', 'duplicate', '/a'],
    ['{"a/b":{"c~":1,"c~":2}}', 'duplicate', '/a~1b/c~0'],
    ['[0,[1,{"__proto__":1}]]', 'proto', '/1/1/__proto__'],
    [`${'['.repeat(65)}${']'.repeat(65)}`, 'depth', '/0'.repeat(64)],
  ])('refuses %s', (text, kind, pointer) => {
    expect(parseStrictJson(text)).toMatchObject({ fault: { kind, pointer } })
  })

  it('takes the same key in different objects, and texts that look like structure', () => {
    expect(parseStrictJson('[{"a":"{\\"a\\":1,\\"a\\":2}"},{"a":{"a":"],["}}]')).toMatchObject({ value: [{}, {}] })
    expect(parseStrictJson(`${'['.repeat(64)}${']'.repeat(64)}`)).toHaveProperty('value')
  })
})
