import { describe, expect, it } from 'vitest'
import { contentBlocks, textOnlyBlocks, withCacheControl } from './content-blocks.ts'
import { refusedParam } from './fixtures/calls.ts'

const part = (value: unknown) => contentBlocks([value], 'c')
const image = (url: unknown) => part({ type: 'image_url', image_url: { url, detail: 'high' } })
const pdf = 'data:application/pdf;base64,JVBERg=='

describe('contentBlocks', () => {
  it.each([
    ['a text', 'Hello', [{ type: 'text', text: 'Hello' }]],
    ['space around a text stays', ' a ', [{ type: 'text', text: ' a ' }]],
    ['a blank text', ' \n', []],
    ['null', null, []],
    ['nothing', undefined, []],
    ['an empty list', [], []],
    [
      'parts',
      [{ type: 'text', text: 'a' }, 'b', { type: 'text', text: '' }, { type: 'refusal', refusal: 'no' }],
      [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
        { type: 'text', text: 'no' },
      ],
    ],
    [
      'a mark for the cache',
      [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral' }, other: 1 }],
      [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }],
    ],
    [
      'blocks of Anthropic’s own',
      [
        { type: 'image', source: { type: 'file', file_id: 'f' } },
        { type: 'document', source: {}, context: 'c' },
        { type: 'search_result', title: 't' },
      ],
      [
        { type: 'image', source: { type: 'file', file_id: 'f' } },
        { type: 'document', source: {}, context: 'c' },
        { type: 'search_result', title: 't' },
      ],
    ],
  ])('%s', (_name, content, blocks) => expect(contentBlocks(content, 'c')).toEqual(blocks))

  it.each([
    ['data:image/png;base64,AAAA', { type: 'base64', media_type: 'image/png', data: 'AAAA' }],
    ['data:image/jpg;base64,AAAA', { type: 'base64', media_type: 'image/jpeg', data: 'AAAA' }],
    ['data:image/jpeg;base64,AAAA', { type: 'base64', media_type: 'image/jpeg', data: 'AAAA' }],
    ['data:image/gif;base64,AAAA', { type: 'base64', media_type: 'image/gif', data: 'AAAA' }],
    ['data:image/webp;base64,AAAA', { type: 'base64', media_type: 'image/webp', data: 'AAAA' }],
    ['https://host/a.png', { type: 'url', url: 'https://host/a.png' }],
    ['HTTP://host/a.png', { type: 'url', url: 'HTTP://host/a.png' }],
  ])('the image %s', (url, source) => expect(image(url)).toEqual([{ type: 'image', source }]))

  it('takes an image whose URL stands alone', () => {
    expect(part({ type: 'image_url', image_url: 'https://host/a' })).toEqual([
      { type: 'image', source: { type: 'url', url: 'https://host/a' } },
    ])
  })

  it.each([
    [
      { file_data: pdf, filename: 'a.pdf' },
      { source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' }, title: 'a.pdf' },
    ],
    [{ file_data: pdf, filename: '' }, { source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' } }],
    [{ file_data: 'data:text/plain;base64,w6Q=' }, { source: { type: 'text', media_type: 'text/plain', data: 'ä' } }],
  ])('the file %j', (file, block) => expect(part({ type: 'file', file })).toEqual([{ type: 'document', ...block }]))

  it.each([
    ['c', () => contentBlocks(7, 'c')],
    ['c[0]', () => part(7)],
    ['c[0]', () => part({ type: 'input_audio', input_audio: {} })],
    ['c[0].text', () => part({ type: 'text' })],
    ['c[0].refusal', () => part({ type: 'refusal' })],
    ['c[0].image_url', () => part({ type: 'image_url' })],
    ['c[0].image_url', () => part({ type: 'image_url', image_url: 'ftp://host/a' })],
    ['c[0].image_url.url', () => image(undefined)],
    ['c[0].image_url.url', () => image('/etc/passwd')],
    ['c[0].image_url.url', () => image('data:image/png,AAAA')],
    ['c[0].image_url.url', () => image('data:image/tiff;base64,AAAA')],
    ['c[0].file', () => part({ type: 'file' })],
    ['c[0].file.file_id', () => part({ type: 'file', file: { file_id: 'f' } })],
    ['c[0].file.file_data', () => part({ type: 'file', file: {} })],
    ['c[0].file.file_data', () => part({ type: 'file', file: { file_data: 'JVBERg==' } })],
    ['c[0].file.file_data', () => part({ type: 'file', file: { file_data: 'data:application/zip;base64,AA' } })],
    [
      'c[1].text',
      () =>
        contentBlocks(
          [
            { type: 'text', text: 'a' },
            { type: 'text', text: 1 },
          ],
          'c',
        ),
    ],
  ])('refuses with %s', (param, act) => expect(refusedParam(act)).toBe(param))
})

describe('textOnlyBlocks', () => {
  it('takes texts', () => expect(textOnlyBlocks(['a'], 'c')).toEqual([{ type: 'text', text: 'a' }]))
  it('refuses anything else', () => expect(refusedParam(() => textOnlyBlocks([{ type: 'document' }], 'c'))).toBe('c'))
})

describe('withCacheControl', () => {
  const blocks = [{ type: 'text' }, { type: 'text' }]
  it('marks the last block', () =>
    expect(withCacheControl(blocks, { cache_control: { type: 'ephemeral', ttl: '1h' } })).toEqual([
      { type: 'text' },
      { type: 'text', cache_control: { type: 'ephemeral', ttl: '1h' } },
    ]))
  it('marks nothing without a mark', () => expect(withCacheControl(blocks, { cache_control: null })).toEqual(blocks))
  it('marks nothing where nothing is', () => expect(withCacheControl([], { cache_control: {} })).toEqual([]))
})
