import { expect, test } from 'vitest'
import { contentOf, imagePart, textPart } from './message-parts.ts'

test('parts', () => {
  expect(textPart('a')).toEqual({ type: 'text', text: 'a' })
  expect(imagePart('u')).toEqual({ type: 'image_url', image_url: { url: 'u' } })
  expect(imagePart('u', { detail: 'low' })).toEqual({ type: 'image_url', image_url: { url: 'u', detail: 'low' } })
})

test.each([
  [[], ''],
  [[textPart('a')], 'a'],
  [[imagePart('u')], [imagePart('u')]],
  [
    [textPart('a'), textPart('b')],
    [textPart('a'), textPart('b')],
  ],
])('the content of %j', (parts, content) => {
  expect(contentOf(parts)).toEqual(content)
})
