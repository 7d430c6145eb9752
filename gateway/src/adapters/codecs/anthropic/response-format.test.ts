import { describe, expect, it } from 'vitest'
import { ADAPTIVE_MODEL, OLD_MODEL, refusedParam, WEATHER } from './fixtures/calls.ts'
import { abilitiesOf } from './model-abilities.ts'
import { expectedAnswerTool, responseFormatOf } from './response-format.ts'

const format = (response_format: unknown, model = ADAPTIVE_MODEL) => responseFormatOf({ response_format }, abilitiesOf(model))
const schema = { type: 'object', properties: { a: { type: 'integer', minimum: 1 } } }
const wanted = (rest: object = {}) => ({ type: 'json_schema', json_schema: { name: 'n', strict: true, schema, ...rest } })

describe('responseFormatOf', () => {
  it.each([undefined, null, { type: 'text' }])('%j is text', (given) => expect(format(given)).toEqual({ kind: 'text' }))

  it('asks for JSON in words', () => {
    const text = 'Answer with one valid JSON object and nothing else: no introduction, no code fence.'
    expect(format({ type: 'json_object' })).toEqual({ kind: 'instruction', text })
  })

  it('gives a schema in the subset that is enforced', () => {
    const strict = { type: 'object', properties: { a: { type: 'integer', description: 'minimum: 1' } }, additionalProperties: false }
    expect(format(wanted())).toEqual({ kind: 'schema', format: { type: 'json_schema', schema: strict } })
  })

  it('gives an older model a tool that takes the answer', () => {
    const tool = {
      name: 'answer_as_json',
      description: 'Takes the final answer. Call it in place of answering in text.',
      input_schema: schema,
    }
    expect(format(wanted(), OLD_MODEL)).toEqual({ kind: 'tool', tool })
    expect(format(wanted({ description: 'd', schema: { $ref: '#/x' } }), OLD_MODEL)).toEqual({
      kind: 'tool',
      tool: { name: 'answer_as_json', description: 'd', input_schema: { type: 'object', $ref: '#/x' } },
    })
  })

  it.each([
    ['response_format', 'json'],
    ['response_format.type', { type: 'grammar' }],
    ['response_format', {}],
    ['response_format.json_schema.schema', { type: 'json_schema' }],
    ['response_format.json_schema.schema', { type: 'json_schema', json_schema: { name: 'n' } }],
    ['response_format.json_schema.schema', { type: 'json_schema', json_schema: { name: 'n', schema: true } }],
  ])('refuses with %s', (param, given) => expect(refusedParam(() => format(given))).toBe(param))
})

describe('expectedAnswerTool', () => {
  it.each([
    [wanted(), 'answer_as_json'],
    [{ type: 'json_object' }, undefined],
    [undefined, undefined],
  ])('%j → %s', (response_format, name) => expect(expectedAnswerTool({ response_format })).toBe(name))

  it.each([
    [undefined, 'answer_as_json'],
    [[WEATHER, 'x'], 'answer_as_json'],
    [[{ function: { name: 'answer_as_json' } }], 'answer_as_json_'],
    [[{ name: 'answer_as_json' }, { function: { name: 'answer_as_json_' } }], 'answer_as_json__'],
  ])('beside %j', (tools, name) => expect(expectedAnswerTool({ tools, response_format: wanted() })).toBe(name))
})
