import { describe, expect, it } from 'vitest'
import { isDataUrl, parseDataUrl } from './data-url.ts'

describe('parseDataUrl', () => {
  it.each([
    ['data:image/png;base64,AAAA', { mediaType: 'image/png', data: 'AAAA' }],
    ['DATA:Image/PNG;name=a.png;BASE64,Aa+/', { mediaType: 'image/png', data: 'Aa+/' }],
    ['data:;base64,AA', { mediaType: '', data: 'AA' }],
    ['data:image/png;base64,', { mediaType: 'image/png', data: '' }],
    ['data:image/png,AAAA', undefined],
    ['data:image/png;base64', undefined],
    ['data:base64,AAAA', undefined],
    ['https://host/data:image/png;base64,AA', undefined],
  ])('%s', (url, parsed) => expect(parseDataUrl(url)).toEqual(parsed))

  it('looks for the comma in the first 256 characters', () => {
    const header = (length: number) => `data:image/png;n=${'a'.repeat(length - 'data:image/png;n=;base64,'.length)};base64,AA`
    expect(parseDataUrl(header(256))?.data).toBe('AA')
    expect(parseDataUrl(header(257))).toBeUndefined()
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
