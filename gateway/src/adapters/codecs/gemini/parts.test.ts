import { expect, test } from 'vitest'
import { refusedParam } from './fixtures/contexts.ts'
import { toParts, toTextParts } from './parts.ts'

const PNG = 'data:image/png;base64,AAAA'
const INLINE = { inlineData: { mimeType: 'image/png', data: 'AAAA' } }

test.each([
  ['a string', 'hi', [{ text: 'hi' }]],
  ['an empty string', '', []],
  ['null', null, []],
  ['nothing', undefined, []],
  [
    'texts, empty ones left out',
    [
      { type: 'text', text: 'a' },
      { type: 'text', text: '' },
      { type: 'refusal', refusal: 'no' },
    ],
    [{ text: 'a' }, { text: 'no' }],
  ],
  ['a picture', [{ type: 'image_url', image_url: { url: PNG, detail: 'low' } }], [INLINE]],
  ['a picture as a bare address', [{ type: 'image_url', image_url: PNG }], [INLINE]],
  [
    'a video',
    [{ type: 'video_url', video_url: { url: 'data:video/mp4;base64,BB' } }],
    [{ inlineData: { mimeType: 'video/mp4', data: 'BB' } }],
  ],
  ['Google’s storage', [{ type: 'image_url', image_url: { url: 'gs://b/a.png' } }], [{ fileData: { fileUri: 'gs://b/a.png' } }]],
  [
    'a file of Gemini’s',
    [{ type: 'file', file: { file_id: 'https://generativelanguage.googleapis.com/v1beta/files/x' } }],
    [{ fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/x' } }],
  ],
  [
    'a document',
    [{ type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,CC' } }],
    [{ inlineData: { mimeType: 'application/pdf', data: 'CC' } }],
  ],
  ['audio', [{ type: 'input_audio', input_audio: { data: 'DD', format: 'MP3' } }], [{ inlineData: { mimeType: 'audio/mp3', data: 'DD' } }]],
  [
    'audio as a data URL',
    [{ type: 'input_audio', input_audio: { data: 'data:audio/ogg;base64,EE' } }],
    [{ inlineData: { mimeType: 'audio/ogg', data: 'EE' } }],
  ],
])('%s', (_name, content, parts) => {
  expect(toParts(content, 'c')).toEqual(parts)
})

test.each([
  [5, 'c'],
  [['x'], 'c[0]'],
  [[{ type: 'text', text: 'a' }, { type: 'thing' }], 'c[1].type'],
  [[{}], 'c[0].type'],
  [[{ type: 'toString' }], 'c[0].type'],
  [[{ type: 'text' }], 'c[0].text'],
  [[{ type: 'refusal', refusal: 1 }], 'c[0].refusal'],
  [[{ type: 'image_url' }], 'c[0].image_url'],
  [[{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }], 'c[0].image_url'],
  [
    [{ type: 'video_url', video_url: { url: 'https://evil.example/https://generativelanguage.googleapis.com/v1/files/x' } }],
    'c[0].video_url',
  ],
  [[{ type: 'input_audio' }], 'c[0].input_audio.data'],
  [[{ type: 'input_audio', input_audio: { data: 'DD' } }], 'c[0].input_audio.format'],
  [[{ type: 'file', file: { file_data: 'CC' } }], 'c[0].file.file_data'],
  [[{ type: 'file', file: { file_id: 'file-1' } }], 'c[0].file.file_id'],
  [[{ type: 'file' }], 'c[0].file.file_id'],
])('refuses %j', (content, param) => {
  expect(refusedParam(() => toParts(content, 'c'))).toBe(param)
})

test('only texts may be in a system message', () => {
  expect(toTextParts([{ type: 'text', text: 'a' }], 'c')).toEqual([{ text: 'a' }])
  expect(refusedParam(() => toTextParts([{ type: 'image_url', image_url: PNG }], 'c'))).toBe('c')
})
