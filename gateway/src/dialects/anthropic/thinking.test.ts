import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { reasoningEffort, thinkingView } from './thinking.ts'

const budget = (tokens: unknown) => ({ thinking: { type: 'enabled', budget_tokens: tokens } })

describe('reasoningEffort', () => {
  it.each<[JsonObject, string | undefined]>([
    [{}, undefined],
    [{ thinking: null, output_config: null }, undefined],
    [budget(1), 'low'],
    [budget(1_024), 'low'],
    [budget(4_095), 'low'],
    [budget(4_096), 'medium'],
    [budget(8_192), 'medium'],
    [budget(16_383), 'medium'],
    [budget(16_384), 'high'],
    [budget(24_576), 'high'],
    [{ thinking: { type: 'adaptive' } }, undefined],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }, 'max'],
    [{ output_config: { effort: 'low' } }, 'low'],
    [{ output_config: { effort: null } }, undefined],
    [{ ...budget(1_024), output_config: { effort: 'high' } }, 'high'],
    [{ thinking: { type: 'disabled' } }, 'none'],
    [{ thinking: { type: 'disabled' }, output_config: { effort: 'high' } }, 'none'],
  ])('%j → %s', (fields, expected) => expect(reasoningEffort(fields)).toBe(expected))

  it.each<[JsonObject, string]>([
    [budget(undefined), 'thinking.budget_tokens'],
    [budget('many'), 'thinking.budget_tokens'],
    [budget(0), 'thinking.budget_tokens'],
    [{ thinking: 'on' }, 'thinking'],
    [{ output_config: 'low' }, 'output_config'],
    [{ output_config: { effort: 1 } }, 'output_config.effort'],
  ])('%j is refused', (fields, param) =>
    expect(() => reasoningEffort(fields)).toThrow(expect.objectContaining({ code: 'invalid_field', param })),
  )
})

describe('thinkingView', () => {
  it.each<[JsonObject, string]>([
    [{}, 'shown'],
    [{ thinking: null }, 'shown'],
    [budget(1_024), 'shown'],
    [{ thinking: { type: 'adaptive', display: 'summarized' } }, 'shown'],
    [{ thinking: { type: 'enabled', display: 'omitted' } }, 'omitted'],
    [{ thinking: { type: 'disabled' } }, 'none'],
  ])('%j → %s', (fields, expected) => expect(thinkingView(fields)).toBe(expected))
})
