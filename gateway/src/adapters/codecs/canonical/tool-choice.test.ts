import { expect, test } from 'vitest'
import { CodecRefusal } from '../codec.ts'
import { readToolChoice } from './tool-choice.ts'

const read = (choice: unknown) => readToolChoice(choice, (param) => new CodecRefusal(param, 'no'))
const tool = (name: unknown) => ({ type: 'function', function: { name } })
const LIST = 'tool_choice.allowed_tools.tools'
const NAMED = 'tool_choice.function.name'

test.each([
  [undefined, undefined],
  [null, undefined],
  ['auto', { mode: 'auto' }],
  ['none', { mode: 'none' }],
  ['required', { mode: 'required' }],
  [tool('a'), { mode: 'required', named: { name: 'a', param: NAMED } }],
  [
    { type: 'function', name: 'a' },
    { mode: 'required', named: { name: 'a', param: NAMED } },
  ],
  [tool(''), { mode: 'required', named: { name: undefined, param: NAMED } }],
  [{ type: 'function' }, { mode: 'required', named: { name: undefined, param: NAMED } }],
  [
    { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } },
    { mode: 'auto', allowed: [] },
  ],
  [
    { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [tool('a'), 'x'] } },
    {
      mode: 'required',
      allowed: [
        { name: 'a', param: `${LIST}[0].function.name` },
        { name: undefined, param: `${LIST}[1].function.name` },
      ],
    },
  ],
  [
    { type: 'allowed_tools', tools: [{ type: 'function', name: 'a' }] },
    { mode: 'auto', allowed: [{ name: 'a', param: `${LIST}[0].function.name` }] },
  ],
])('%j', (choice, expected) => {
  expect(read(choice)).toEqual(expected)
})

test.each([
  ['any', 'tool_choice'],
  [5, 'tool_choice'],
  [{}, 'tool_choice'],
  [{ type: 'custom', custom: { name: 'a' } }, 'tool_choice'],
  [{ type: 'allowed_tools' }, LIST],
  [{ type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: 'a' } }, LIST],
  [{ type: 'allowed_tools', allowed_tools: { mode: 'none', tools: [] } }, 'tool_choice.allowed_tools.mode'],
])('refuses %j', (choice, param) => {
  expect(() => read(choice)).toThrow(expect.objectContaining({ name: 'CodecRefusal', param }))
})
