import { describe, expect, it } from 'vitest'
import { refusalOf } from './fixtures/errors-of.ts'
import { toMediaParts } from './request-images.ts'

const image = (url: string) => ({ type: 'image_url', image_url: { url } })
const sound = (data: string, format: string) => ({ type: 'input_audio', input_audio: { data, format } })
const base64 = (...head: readonly (number | string)[]): string =>
  Buffer.concat([...head.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))), Buffer.alloc(20, 1)]).toString(
    'base64',
  )

describe('toMediaParts', () => {
  it.each([
    ['a PNG', 'png', base64(0x89, 'PNG\r\n')],
    ['a GIF', 'gif', base64('GIF89a')],
    ['a BMP', 'bmp', base64('BM')],
    ['a WebP', 'webp', base64('RIFF....WEBPVP8')],
    ['a JPEG', 'jpeg', base64(0xff, 0xd8, 0xff, 0xe0)],
    ['another RIFF file', 'jpeg', base64('RIFF....AVI ')],
    ['WEBP elsewhere', 'jpeg', base64('....RIFFWEBP')],
    ['WAVE without RIFF', 'jpeg', base64('........WAVE')],
    ['a byte of ones that no ones follow', 'jpeg', base64(0xff, 0xc0)],
    ['ones in the second byte alone', 'jpeg', base64(0xfe, 0xff)],
    ['a short file', 'jpeg', 'QUI='],
  ])('%s', (_name, kind, data) => expect(toMediaParts([data], 'images')).toEqual([image(`data:image/${kind};base64,${data}`)]))

  it.each([
    ['WAV', 'wav', base64('RIFF....WAVEfmt ')],
    ['MP3 with a tag', 'mp3', base64('ID3')],
    ['MP3', 'mp3', base64(0xff, 0xe0)],
    ['MP3 of another version', 'mp3', base64(0xff, 0xfb)],
  ])('a sound: %s', (_name, format, data) => expect(toMediaParts([data], 'images')).toEqual([sound(data, format)]))

  it('keeps the order, takes line breaks out, and data URLs as they are', () => {
    expect(toMediaParts(['/9j/4AAQ\r\nSkZJRgAB\nAQAA\r', 'data:image/heic;base64,AA', 'SUQzBAAAAAAA'], 'images')).toEqual([
      image('data:image/jpeg;base64,/9j/4AAQSkZJRgABAQAA'),
      image('data:image/heic;base64,AA'),
      sound('SUQzBAAAAAAA', 'mp3'),
    ])
  })

  it.each([undefined, null, []])('none of %j', (images) => expect(toMediaParts(images, 'images')).toEqual([]))

  it.each([
    ['m.images', 'iVBORw0KGgo', 'an array of images'],
    ['m.images[0]', [7], 'an image in base64'],
    ['m.images[0]', [''], 'an image in base64'],
    ['m.images[1]', ['iVBORw0KGgo', 'https://example.com/a.png'], 'an image in base64'],
    ['m.images[0]', ['./picture.png'], 'an image in base64'],
  ])('refuses %s of %j', (param, images, expected) => {
    expect(refusalOf(() => toMediaParts(images, 'm.images'))).toEqual({
      code: 'invalid_field',
      param,
      message: `The field "${param}" must be ${expected}`,
    })
  })
})
