import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { base64Of, isDataUrl, parseDataUrl, toDataUrl } from './data-url.ts'

describe('parseDataUrl', () => {
  it.each([
    ['data:image/png;base64,AAAA', { mediaType: 'image/png', isBase64: true, content: 'AAAA' }],
    ['DATA:Image/PNG;name=a.png;BASE64,Aa+/', { mediaType: 'image/png', isBase64: true, content: 'Aa+/' }],
    ['data: image/png ; base64 ,AA', { mediaType: 'image/png', isBase64: true, content: 'AA' }],
    ['data:;base64,AA', { mediaType: '', isBase64: true, content: 'AA' }],
    ['data:image/png;base64,', { mediaType: 'image/png', isBase64: true, content: '' }],
    ['data:image/png,AAAA', { mediaType: 'image/png', isBase64: false, content: 'AAAA' }],
    ['data:base64,AAAA', { mediaType: 'base64', isBase64: false, content: 'AAAA' }],
    ['data:image/png;base64;x=1,AAAA', { mediaType: 'image/png', isBase64: false, content: 'AAAA' }],
    ['data:,a,b', { mediaType: '', isBase64: false, content: 'a,b' }],
    ['data:image/png;base64', undefined],
    ['https://host/data:image/png;base64,AA', undefined],
  ])('%s', (url, parsed) => expect(parseDataUrl(url)).toEqual(parsed))

  it('looks for the comma in the first 256 characters', () => {
    const header = (length: number) => `data:image/png;n=${'a'.repeat(length - 'data:image/png;n=;base64,'.length)};base64,AA`
    expect(parseDataUrl(header(256))?.content).toBe('AA')
    expect(parseDataUrl(header(257))).toBeUndefined()
  })

  it('reads what toDataUrl writes', () => {
    expect(toDataUrl('image/png', 'AAAA')).toBe('data:image/png;base64,AAAA')
    fc.assert(
      fc.property(fc.base64String(), (content) => {
        expect(parseDataUrl(toDataUrl('image/png', content))).toEqual({ mediaType: 'image/png', isBase64: true, content })
      }),
    )
  })
})

describe('isDataUrl', () => {
  it.each([
    ['data:', true],
    ['DaTa:x', true],
    ['dat:', false],
    ['https://host/data:', false],
    ['', false],
  ])('%s → %s', (url, expected) => expect(isDataUrl(url)).toBe(expected))
})

describe('base64Of', () => {
  const contentOf = (url: string) => {
    const parsed = parseDataUrl(url)
    return parsed === undefined ? 'no data URL' : base64Of(parsed)
  }

  it.each([
    ['data:image/png;base64,AAAA', 'AAAA'],
    ['data:text/plain,Gr%C3%BC%C3%9Fe', Buffer.from('Grüße').toString('base64')],
    ['data:,', ''],
    ['data:text/plain,100%', undefined],
  ])('%s', (url, expected) => expect(contentOf(url)).toBe(expected))
})
