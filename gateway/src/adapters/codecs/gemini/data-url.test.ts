import { expect, test } from 'vitest'
import { parseDataUrl } from './data-url.ts'

test.each([
  ['data:image/png;base64,AAAA', { mimeType: 'image/png', data: 'AAAA' }],
  ['DATA:Image/PNG;Charset=x;BASE64,AAAA', { mimeType: 'image/png', data: 'AAAA' }],
  ['data:text/plain,Gr%C3%BC%C3%9Fe', { mimeType: 'text/plain', data: Buffer.from('Grüße').toString('base64') }],
  ['data:text/plain,100%', undefined],
  ['data:;base64,AAAA', undefined],
  ['data:,hello', undefined],
  ['data:image/png;base64', undefined],
  ['https://example.com/a.png', undefined],
  [`data:image/png;${'x'.repeat(233)};base64,AAAA`, { mimeType: 'image/png', data: 'AAAA' }],
  [`data:image/png;${'x'.repeat(234)};base64,AAAA`, undefined],
])('data URL %#', (url, parsed) => {
  expect(parseDataUrl(url)).toEqual(parsed)
})
