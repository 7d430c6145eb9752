import { expect, test } from 'vitest'
import { readEffort } from './reasoning-effort.ts'

test.each(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])('%s', (effort) => {
  expect(readEffort({ reasoning_effort: effort })).toBe(effort)
})

test('left to the model', () => {
  expect(readEffort({})).toBe(undefined)
  expect(readEffort({ reasoning_effort: null })).toBe(undefined)
})

test.each(['', 'ultra', 3, 'toString'])('refuses %j', (effort) => {
  expect(() => readEffort({ reasoning_effort: effort })).toThrow(
    expect.objectContaining({
      name: 'CodecRefusal',
      param: 'reasoning_effort',
      message: 'The effort must be none, minimal, low, medium, high, xhigh or max',
    }),
  )
})
