import { describe, expect, it } from 'vitest'
import { encodeContent } from './message-content.ts'

const refusal = (param: string, message: string) => expect.objectContaining({ name: 'CodecRefusal', param, message })
const imageAt = (url: unknown) => [{ type: 'image_url', image_url: { url, detail: 'high' } }]

describe('encodeContent', () => {
  it('keeps a text as it is', () => {
    expect(encodeContent('data:image/png;base64,AAAA', 'c')).toEqual({ text: 'data:image/png;base64,AAAA', images: [] })
    expect(encodeContent('', 'c')).toEqual({ text: '', images: [] })
  })

  it('joins texts with line feeds and lists images apart', () => {
    const content = [
      { type: 'text', text: 'What is' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' } },
      { type: 'text', text: 'here?' },
      { type: 'image_url', image_url: 'data:;base64,QUJD' },
      { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
      { type: 'refusal', refusal: 'No.' },
    ]
    expect(encodeContent(content, 'c')).toEqual({ text: 'What is\nhere?\nNo.', images: ['iVBORw0KGgo=', 'QUJD', 'UklGRg=='] })
    expect(encodeContent([], 'c')).toEqual({ text: '', images: [] })
  })

  it('reads the header of a data URL in any case and with parameters', () => {
    expect(encodeContent(imageAt('DATA:image/PNG;charset=x;BASE64,AbC='), 'c')).toEqual({ text: '', images: ['AbC='] })
    expect(encodeContent(imageAt('data:image/png;base64,'), 'c').images).toEqual([''])
  })

  it('looks for the comma in the first 256 characters only', () => {
    const header = (length: number) => `data:${'x'.repeat(length - 'data:;base64'.length)};base64`
    expect(encodeContent(imageAt(`${header(255)},QQ==`), 'c').images).toEqual(['QQ=='])
    expect(() => encodeContent(imageAt(`${header(256)},QQ==`), 'c')).toThrow(refusal('c[0]', 'An image must be a data URL in base64'))
  })

  it.each(['https://example.org/a.png', 'data:image/svg+xml,<svg/>', 'iVBORw0KGgo=', '', 'xdata:image/png;base64,AAAA'])(
    'refuses the image %j',
    (url) => {
      expect(() => encodeContent(imageAt(url), 'messages[2].content')).toThrow(
        refusal('messages[2].content[0]', 'An image must be a data URL in base64'),
      )
    },
  )

  it.each([[imageAt(undefined)], [[{ type: 'image_url' }]], [[{ type: 'image_url', image_url: 5 }]]])(
    'refuses an image of %j',
    (content) => {
      expect(() => encodeContent(content, 'c')).toThrow(refusal('c[0]', 'An image must have a "url"'))
    },
  )

  it.each([
    { type: 'file', file: { file_id: 'f' } },
    { type: 'text' },
    { type: 'refusal', refusal: 1 },
    { type: 'input_audio' },
    { type: 'input_audio', input_audio: { data: 1 } },
    'text',
    null,
  ])('refuses the part %j', (part) => {
    expect(() => encodeContent([{ type: 'text', text: 'a' }, part], 'c')).toThrow(
      refusal('c[1]', 'Ollama reads texts, images and sounds only'),
    )
  })

  it.each([null, undefined, 5, {}])('refuses the content %j', (content) => {
    expect(() => encodeContent(content, 'messages[0].content')).toThrow(
      refusal('messages[0].content', 'The field "messages[0].content" must be a string or an array'),
    )
  })
})
