import { expect, test } from 'vitest'
import { imagePart, textPart, type Part } from './message-parts.ts'
import { toToolResult } from './tool-result.ts'

const FILE: Part = { type: 'file', file: { file_data: 'd' } }
const SOUND: Part = { type: 'input_audio', input_audio: { data: 'd', format: 'wav' } }

test('texts are lines', () => {
  expect(toToolResult('c', [])).toEqual({ text: '', media: [] })
  expect(toToolResult('c', [textPart('a'), textPart(''), textPart('b')])).toEqual({ text: 'a\nb', media: [] })
})

test('all else moves, with a note at both ends', () => {
  expect(toToolResult('c', [FILE, textPart('a'), imagePart('u'), SOUND])).toEqual({
    text: [
      '[file 1 of tool result c: in the next message]',
      'a',
      '[image 2 of tool result c: in the next message]',
      '[recording 3 of tool result c: in the next message]',
    ].join('\n'),
    media: [
      textPart('[file 1 of tool result c]'),
      FILE,
      textPart('[image 2 of tool result c]'),
      imagePart('u'),
      textPart('[recording 3 of tool result c]'),
      SOUND,
    ],
  })
})
