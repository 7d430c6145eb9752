import { expect, it } from 'vitest'
import { mediaTypeOf } from './media-type.ts'

it.each([
  ['text/event-stream', 'text/event-stream'],
  ['Text/HTML; charset=UTF-8', 'text/html'],
  [' application/problem+json ;x="secret"', 'application/problem+json'],
  ['secret', ''],
  ['text/html secret', ''],
  ['', ''],
  [`${'a'.repeat(65)}/b`, ''],
])('%j → %j', (contentType, expected) => expect(mediaTypeOf(contentType)).toBe(expected))
