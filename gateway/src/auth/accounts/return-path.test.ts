import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { returnPath } from './return-path.ts'

describe('returnPath', () => {
  it.each([
    ['', ''],
    ['/admin', ''],
    ['/admin/', ''],
    ['/admin/keys?sort=name#top', 'keys?sort=name#top'],
    ['models/qwen3%3A8b', 'models/qwen3%3A8b'],
  ])('%j leads to %j', (text, path) => {
    expect(returnPath(text)).toBe(path)
  })

  it('never leads out of the console, whatever it is', () => {
    const parts = fc.constantFrom(
      '/',
      '\\',
      '..',
      '.',
      '%2e',
      '%2e/api/',
      '%2E',
      ':',
      'http',
      'javascript',
      'evil.test',
      '@',
      '?',
      '#',
      'admin',
      'api',
      'keys',
      '\t',
      '\n',
      ' ',
    )
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 8 }), (pieces) => {
        const path = returnPath(pieces.join(''))
        if (path === undefined) return
        const url = new URL(`../../../../${path}`, 'https://gw.test/admin/api/session/oidc/x/callback')
        expect(url.href.startsWith('https://gw.test/admin/')).toBe(true)
        expect(url.pathname.startsWith('/admin/api/')).toBe(false)
      }),
      { numRuns: 2_000 },
    )
  })
})
