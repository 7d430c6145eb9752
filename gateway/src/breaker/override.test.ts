import { describe, expect, it } from 'vitest'
import { clearOverride, OVERRIDE_SIZE, overrideOf, setOverride } from './override.ts'

describe('an override', () => {
  it('is none at first', () => {
    expect(overrideOf(new Float64Array(OVERRIDE_SIZE), 0)).toBeUndefined()
  })

  it('holds until its time, or for good, or until it is taken back', () => {
    const state = new Float64Array(OVERRIDE_SIZE)
    setOverride(state, 'disabled', 100)
    expect([overrideOf(state, 99), overrideOf(state, 100)]).toEqual(['disabled', undefined])
    setOverride(state, 'draining', Infinity)
    expect(overrideOf(state, 1e15)).toBe('draining')
    clearOverride(state)
    expect(overrideOf(state, 0)).toBeUndefined()
  })
})
