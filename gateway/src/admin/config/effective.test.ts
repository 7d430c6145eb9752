import { describe, expect, it } from 'vitest'
import { effectiveOf } from './effective.ts'

const masked = { set: true, last4: '1234' }

describe('effectiveOf', () => {
  it('fills in defaults, and shows numbers and switches as they hold', () => {
    expect(effectiveOf({ a: 5_000, b: true, c: 'default' }, { a: '5s' })).toEqual({ a: 5_000, b: true, c: 'default' })
  })

  it('shows no text that stands for another, nor what it stands for', () => {
    expect(effectiveOf({ url: 'http://secret', n: 3 }, { url: '${URL}', n: '${N}' })).toEqual({ url: '${URL}', n: 3 })
    expect(effectiveOf({ key: 'secret', list: ['a', 'secret'] }, { key: masked, list: ['a', '${B}'] })).toEqual({
      key: masked,
      list: ['a', '${B}'],
    })
    expect(effectiveOf({ list: ['a', 'secret'] }, { list: ['${BOTH}'] })).toEqual({ list: ['${BOTH}'] })
    expect(effectiveOf({ a: 'secret' }, { a: { b: 1 } })).toEqual({ a: undefined })
  })

  it('knows no field by its prototype', () => {
    expect(effectiveOf({ constructor: 'default' }, {})).toEqual({ constructor: 'default' })
  })
})
