import { describe, expect, it } from 'vitest'
import { encodeThink } from './think.ts'

const EFFORTS = 'none, minimal, low, medium, high, xhigh, ultra, max'

describe('encodeThink', () => {
  it.each([
    ['none', false],
    ['minimal', 'low'],
    ['low', 'low'],
    ['medium', 'medium'],
    ['high', 'high'],
    ['xhigh', 'max'],
    ['ultra', 'max'],
    ['max', 'max'],
  ])('%s → %s', (effort, think) => {
    expect(encodeThink({ reasoning_effort: effort })).toBe(think)
    expect(encodeThink({ reasoning: { effort } })).toBe(think)
  })

  it('prefers OpenAI’s field, then the effort, then the switch', () => {
    expect(encodeThink({ reasoning_effort: 'low', reasoning: { effort: 'high' } })).toBe('low')
    expect(encodeThink({ reasoning_effort: null, reasoning: { effort: 'high', enabled: false } })).toBe('high')
    expect(encodeThink({ reasoning: { effort: null, enabled: false } })).toBe(false)
    expect(encodeThink({ reasoning: { enabled: true } })).toBe(true)
  })

  it('says nothing where nothing is said', () => {
    expect(encodeThink({})).toBeUndefined()
    expect(encodeThink({ reasoning_effort: null, reasoning: null })).toBeUndefined()
    expect(encodeThink({ reasoning: { enabled: 'yes', max_tokens: 5 } })).toBeUndefined()
  })

  it.each([
    [{ reasoning_effort: 'huge' }, 'reasoning_effort', `The field "reasoning_effort" must be one of ${EFFORTS}`],
    [{ reasoning_effort: true }, 'reasoning_effort', `The field "reasoning_effort" must be one of ${EFFORTS}`],
    [{ reasoning: { effort: 1 } }, 'reasoning.effort', `The field "reasoning.effort" must be one of ${EFFORTS}`],
    [{ reasoning: 'high' }, 'reasoning', 'The field "reasoning" must be an object'],
  ])('%j is refused', (fields, param, message) => {
    expect(() => encodeThink(fields)).toThrow(expect.objectContaining({ name: 'CodecRefusal', param, message }))
  })
})
