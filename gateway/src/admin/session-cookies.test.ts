import { describe, expect, it } from 'vitest'
import { dropCookie, readCookie, writeCookie } from './session-cookies.ts'

describe('cookies', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['a', undefined],
    ['b=1; a=x.y=z ; c', 'x.y=z'],
    ['a=1; a=2', undefined],
    ['ba=1', undefined],
    ['a=', undefined],
  ])('%j holds for a %j', (header, value) => {
    expect(readCookie(header, 'a')).toBe(value)
  })

  it('are for http alone, this site alone, and TLS where there is some', () => {
    expect(writeCookie('a', 'x', { secure: true, maxAgeMs: 1_500 })).toBe('a=x; Path=/; Max-Age=1; HttpOnly; SameSite=Strict; Secure')
    expect(dropCookie('a', false)).toBe('a=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict')
  })
})
