import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../lib/json.ts'
import { ADAPTIVE_MODEL, refusedParam, UNFORCED_MODEL } from './fixtures/calls.ts'
import { abilitiesOf } from './model-abilities.ts'
import { planTools } from './tool-choice.ts'

const A = { name: 'a' }
const B = { name: 'b' }
const ANSWER = { name: 'answer' }

interface Case {
  readonly tools?: readonly JsonObject[]
  readonly answerTool?: JsonObject
  readonly model?: string
  readonly serial?: boolean
}

const plan = (choice: unknown, { tools = [A, B], answerTool, model = ADAPTIVE_MODEL, serial = false }: Case = {}) =>
  planTools({
    fields: { tool_choice: choice, ...(serial ? { parallel_tool_calls: false } : { parallel_tool_calls: true }) },
    tools,
    answerTool,
    abilities: abilitiesOf(model),
  })
const named = (name: string) => ({ type: 'function', function: { name } })
const allowed = (mode: unknown, tools: unknown) => ({ type: 'allowed_tools', allowed_tools: { mode, tools } })

describe('planTools', () => {
  it.each([
    [undefined, { type: 'auto' }, [A, B]],
    [null, { type: 'auto' }, [A, B]],
    ['auto', { type: 'auto' }, [A, B]],
    ['none', { type: 'none' }, [A, B]],
    ['required', { type: 'any' }, [A, B]],
    [named('b'), { type: 'tool', name: 'b' }, [A, B]],
    [{ type: 'function', name: 'b' }, { type: 'tool', name: 'b' }, [A, B]],
    [allowed('auto', [named('b')]), { type: 'auto' }, [B]],
    [allowed('required', [{ type: 'function', name: 'a' }, named('x')]), { type: 'any' }, [A]],
    [{ type: 'allowed_tools', mode: 'auto', tools: [named('a')] }, { type: 'auto' }, [A]],
  ])('%j', (choice, written, tools) => {
    expect(plan(choice)).toEqual({ tools, choice: written })
    const serial = written.type === 'none' ? written : { ...written, disable_parallel_tool_use: true }
    expect(plan(choice, { serial: true })).toEqual({ tools, choice: serial })
  })

  it.each([undefined, 'auto', 'none'])('%s without tools says nothing', (choice) => {
    expect(plan(choice, { tools: [], serial: true })).toEqual({ tools: [], choice: undefined })
  })

  it('tells models in words that refuse a forced choice', () => {
    expect(plan('required', { model: UNFORCED_MODEL })).toEqual({
      tools: [A, B],
      choice: { type: 'auto' },
      instruction: 'Do not answer in text: call at least one of the tools.',
    })
    expect(plan(named('b'), { model: UNFORCED_MODEL, serial: true })).toEqual({
      tools: [B],
      choice: { type: 'auto', disable_parallel_tool_use: true },
      instruction: 'Do not answer in text: call the tool b.',
    })
    expect(plan('auto', { model: UNFORCED_MODEL })).toEqual({ tools: [A, B], choice: { type: 'auto' } })
  })

  it.each([
    ['no tool', 'auto', [], [ANSWER], { type: 'tool', name: 'answer' }],
    ['tools not to be used', 'none', [A], [A, ANSWER], { type: 'tool', name: 'answer' }],
    ['free tools', undefined, [A], [A, ANSWER], { type: 'any', disable_parallel_tool_use: true }],
    ['some allowed tools', allowed('auto', [named('b')]), [A, B], [B, ANSWER], { type: 'any', disable_parallel_tool_use: true }],
    ['a required tool', 'required', [A], [A], { type: 'any' }],
    ['a named tool', named('a'), [A], [A], { type: 'tool', name: 'a' }],
  ])('an answer in a tool beside %s', (_name, choice, tools, all, written) => {
    expect(plan(choice, { tools, answerTool: ANSWER })).toEqual({ tools: all, choice: written })
  })

  it.each([
    ['tool_choice', () => plan('required', { tools: [] })],
    ['tool_choice', () => plan(named('a'), { tools: [] })],
    ['tool_choice', () => plan(named('x'))],
    ['tool_choice', () => plan(named('x'), { model: UNFORCED_MODEL })],
    ['tool_choice', () => plan(allowed('auto', [named('x')]))],
    ['tool_choice', () => plan(allowed('auto', ['a']))],
    ['tool_choice', () => plan('any')],
    ['tool_choice', () => plan({ type: 'custom', custom: { name: 'a' } })],
    ['tool_choice', () => plan({ type: 'function', function: {} })],
    ['tool_choice.allowed_tools', () => plan(allowed('none', []))],
    ['tool_choice.allowed_tools', () => plan(allowed('auto', 'a'))],
    ['tool_choice.allowed_tools', () => plan({ type: 'allowed_tools' })],
  ])('refuses with %s', (param, act) => expect(refusedParam(act)).toBe(param))
})
