import { describe, expect, it } from 'vitest'
import { createRedactor } from './redact.ts'

const taint = (value: string, source: string, values = [value]) => ({ value, source, values, whole: true })

describe('createRedactor', () => {
  it('puts the reference where the value stands in quotes, however short', () => {
    expect(createRedactor([taint('a', '${A}')])('"a" is a name, "ab" is none')).toBe('"${A}" is a name, "ab" is none')
  })

  it('finds a longer value anywhere, and in a longer one', () => {
    const redact = createRedactor([taint('secret-1', '${A}'), taint('xx-secret-1-yy', 'xx-${A}-yy', ['secret-1'])])
    expect(redact('in xx-secret-1-yy and secret-1, "xx-secret-1-yy"')).toBe('in xx-${A}-yy and ${A}, "xx-${A}-yy"')
  })

  it('finds a value as JSON would quote it', () => {
    expect(createRedactor([taint('a"b', '${A}')])('unknown "a\\"b"')).toBe('unknown "${A}"')
  })

  it('takes nothing in a value for a pattern', () => {
    expect(createRedactor([taint('$&.*secret', '$& ${A}')])('see $&.*secret')).toBe('see $& ${A}')
  })
})
