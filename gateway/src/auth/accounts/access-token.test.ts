import { describe, expect, it } from 'vitest'
import { looksLikeToken } from './access-token.ts'

describe('looksLikeToken', () => {
  it.each(['eyJhbGciOiJIUzI1NiJ9.e30.c2ln'])('%s does', (text) => expect(looksLikeToken(text)).toBe(true))
  it.each(['', 'jr-abc', 'sk-eyJ.a.b', 'eyJ', 'eyJ.a', 'eyJ.a.b.c', 'eyJ.a.b ', `eyJ.${'a'.repeat(5_000)}.b`])('%s does not', (text) =>
    expect(looksLikeToken(text)).toBe(false),
  )
})
