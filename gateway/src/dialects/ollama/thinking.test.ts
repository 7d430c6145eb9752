import { describe, expect, it } from 'vitest'
import { refusalOf } from './fixtures/errors-of.ts'
import { effortField, hidesThinking } from './thinking.ts'

describe('effortField', () => {
  it.each([
    [undefined, {}],
    [null, {}],
    [false, { reasoning_effort: 'none' }],
    [true, { reasoning_effort: 'medium' }],
    ['low', { reasoning_effort: 'low' }],
    ['medium', { reasoning_effort: 'medium' }],
    ['high', { reasoning_effort: 'high' }],
    ['max', { reasoning_effort: 'xhigh' }],
  ])('%j → %j', (think, expected) => expect(effortField({ think })).toEqual(expected))

  it.each(['', 'none', 'true', 1, {}])('refuses %j', (think) => {
    expect(refusalOf(() => effortField({ think }))).toEqual({
      code: 'invalid_field',
      param: 'think',
      message: 'The field "think" must be true, false, "low", "medium", "high" or "max"',
    })
  })
})

it.each([
  [false, true],
  [true, false],
  ['low', false],
  [undefined, false],
  [null, false],
])('thinking with %j is hidden: %s', (think, expected) => expect(hidesThinking({ think })).toBe(expected))
