import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from './canonical-json.ts'

describe('canonicalJson', () => {
  it('has the keys in one order at every depth, and leaves out what JSON does', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: undefined, __proto__x: null })).toBe('{"__proto__x":null,"b":[{"c":2,"d":1}]}')
    expect(canonicalJson(JSON.parse('{"__proto__":1,"10":2,"9":3}'))).toBe(canonicalJson(JSON.parse('{"9":3,"10":2,"__proto__":1}')))
  })

  it('says the same of equal values, and can be read back', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value)
        expect(canonicalJson(JSON.parse(text))).toBe(text)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })
})
