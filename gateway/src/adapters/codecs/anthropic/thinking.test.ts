import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../lib/json.ts'
import { ADAPTIVE_MODEL, BUDGET_MODEL, OLD_MODEL, refusedParam, UNFORCED_MODEL } from './fixtures/calls.ts'
import { abilitiesOf } from './model-abilities.ts'
import { isThinkingOn, planThinking, type ThinkingWishes } from './thinking.ts'

const plan = (fields: JsonObject, model: string, rest: Partial<ThinkingWishes> = {}) =>
  planThinking({ fields, abilities: abilitiesOf(model), maxTokens: 10_000, forced: false, loopWithoutThinking: false, ...rest })
const effort = (reasoning_effort: unknown, model: string, rest: Partial<ThinkingWishes> = {}) => plan({ reasoning_effort }, model, rest)
const NOTHING = { thinking: undefined, effort: undefined }
const budget = (tokens: number) => ({ thinking: { type: 'enabled', budget_tokens: tokens }, effort: undefined })
const adaptive = (level: string) => ({ thinking: { type: 'adaptive', display: 'summarized' }, effort: level })

describe('planThinking', () => {
  it.each([undefined, null])('%j leaves the model its default', (wanted) => {
    for (const model of [OLD_MODEL, BUDGET_MODEL, ADAPTIVE_MODEL]) expect(effort(wanted, model)).toEqual(NOTHING)
  })

  it.each([
    ['minimal', 1024],
    ['low', 2000],
    ['medium', 5000],
    ['high', 8000],
    ['xhigh', 9500],
    ['max', 9500],
  ])('%s is a budget of %d out of 10,000', (wanted, tokens) => expect(effort(wanted, BUDGET_MODEL)).toEqual(budget(tokens)))

  it.each([
    [1024, undefined],
    [1025, 1024],
    [1280, 1024],
    [1281, 1024],
    [1282, 1025],
    [1283, 1026],
    [40_000, 32_000],
    [39_999, 31_999],
    [200_000, 32_000],
  ])('the budget fits into %d tokens', (maxTokens, tokens) => {
    expect(effort('high', BUDGET_MODEL, { maxTokens })).toEqual(tokens === undefined ? NOTHING : budget(tokens))
  })

  it('has no budget where the API would refuse one', () => {
    expect(effort('high', BUDGET_MODEL, { forced: true })).toEqual(NOTHING)
    expect(effort('high', BUDGET_MODEL, { loopWithoutThinking: true })).toEqual(NOTHING)
  })

  it.each([
    ['minimal', 'low'],
    ['low', 'low'],
    ['medium', 'medium'],
    ['high', 'high'],
    ['xhigh', 'xhigh'],
    ['max', 'max'],
  ])('%s is the effort %s where the model decides', (wanted, level) => {
    expect(effort(wanted, ADAPTIVE_MODEL)).toEqual(adaptive(level))
    expect(effort(wanted, 'claude-opus-4-6')).toEqual(adaptive(level === 'xhigh' ? 'max' : level))
  })

  it('keeps the effort beside a forced call and in a loop', () => {
    expect(effort('high', ADAPTIVE_MODEL, { forced: true })).toEqual({ thinking: undefined, effort: 'high' })
    expect(effort('high', ADAPTIVE_MODEL, { loopWithoutThinking: true })).toEqual(adaptive('high'))
    expect(effort('low', ADAPTIVE_MODEL, { maxTokens: 10 })).toEqual(adaptive('low'))
  })

  it.each([
    [OLD_MODEL, NOTHING],
    [BUDGET_MODEL, { thinking: { type: 'disabled' }, effort: undefined }],
    [ADAPTIVE_MODEL, { thinking: { type: 'disabled' }, effort: undefined }],
    ['claude-sonnet-5-5', { thinking: { type: 'between_tools' }, effort: undefined }],
    [UNFORCED_MODEL, { thinking: undefined, effort: 'low' }],
    ['kimi-k2', { thinking: { type: 'disabled' }, effort: undefined }],
  ])('none at %s', (model, planned) => expect(effort('none', model)).toEqual(planned))

  it('lets Anthropic’s own field stand', () => {
    const thinking = { type: 'enabled', budget_tokens: 2048 }
    expect(plan({ thinking }, OLD_MODEL)).toEqual({ thinking, effort: undefined })
    expect(plan({ thinking, reasoning_effort: 'high' }, BUDGET_MODEL, { forced: true })).toEqual({ thinking, effort: undefined })
    expect(plan({ thinking, reasoning_effort: 'high' }, ADAPTIVE_MODEL)).toEqual({ thinking, effort: 'high' })
    expect(plan({ thinking, reasoning_effort: 'none' }, ADAPTIVE_MODEL)).toEqual({ thinking, effort: undefined })
    expect(plan({ thinking: 'x' }, BUDGET_MODEL)).toEqual(NOTHING)
  })

  it.each([
    ['huge', BUDGET_MODEL],
    ['toString', BUDGET_MODEL],
    [3, BUDGET_MODEL],
    ['low', OLD_MODEL],
  ])('refuses %j at %s', (wanted, model) => expect(refusedParam(() => effort(wanted, model))).toBe('reasoning_effort'))
})

describe('isThinkingOn', () => {
  it.each([
    [undefined, false],
    [{ type: 'disabled' }, false],
    [{ type: 'between_tools' }, false],
    [{ type: 'enabled' }, true],
    [{ type: 'adaptive' }, true],
  ])('%j → %s', (thinking, expected) => expect(isThinkingOn(thinking)).toBe(expected))
})
