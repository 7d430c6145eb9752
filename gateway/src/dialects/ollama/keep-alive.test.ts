import { describe, expect, it } from 'vitest'
import { refusalOf } from './fixtures/errors-of.ts'
import { keepAliveOf } from './keep-alive.ts'

describe('keepAliveOf', () => {
  it.each([
    [undefined, 'untold'],
    [null, 'untold'],
    [0, 'unload'],
    [-0, 'unload'],
    [1, 'keep'],
    [0.5, 'keep'],
    [-1, 'keep'],
    ['0', 'unload'],
    ['0s', 'unload'],
    ['-0m', 'unload'],
    ['0h0m0.0s', 'unload'],
    ['5m', 'keep'],
    ['1h30m', 'keep'],
    ['+1.5h', 'keep'],
    ['.5s', 'keep'],
    ['2.s', 'keep'],
    ['-1s', 'keep'],
    ['300ms', 'keep'],
    ['9us', 'keep'],
    ['9µs', 'keep'],
    ['9μs', 'keep'],
    ['9ns', 'keep'],
    ['10s', 'keep'],
  ] as const)('%j → %s', (value, expected) => expect(keepAliveOf(value)).toBe(expected))

  it.each(['', '5', '-1', 's', '.s', '5 m', '5d', 'm5', '5m ', true, {}, []])('refuses %j', (value) => {
    expect(refusalOf(() => keepAliveOf(value))).toEqual({
      code: 'invalid_field',
      param: 'keep_alive',
      message: 'The field "keep_alive" must be a number of seconds or a duration such as "5m"',
    })
  })
})
