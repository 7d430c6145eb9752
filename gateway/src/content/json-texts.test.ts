import { describe, expect, it } from 'vitest'
import { Findings } from './findings.ts'
import { builtin, setOf, words } from './fixtures/rules.ts'
import { applyToArguments, applyToJson, applyToPart } from './json-texts.ts'
import { applyToAnswer } from './whole-answer.ts'

const rules = setOf(words('falcon', 'user', 'function'), builtin('phone'))
const json = (text: string) => applyToJson(Buffer.from(text), rules, new Findings()).toString()

describe('a body', () => {
  it('keeps its words of the API, and every byte beside what matched', () => {
    const body = String.raw`{"model":"falcon", "messages":[{"role":"user","content":"the \u0066alcon"},{"role":"tool","tool_call_id":"falcon","content":[{"type":"text","text":"falcon"}]}],"n":1.0,"tools":[{"type":"function","function":{"name":"falcon","description":"a falcon","parameters":{"required":["falcon"]}}}]}`
    expect(json(body)).toBe(
      String.raw`{"model":"falcon", "messages":[{"role":"user","content":"the [word]"},{"role":"tool","tool_call_id":"falcon","content":[{"type":"text","text":"[word]"}]}],"n":1.0,"tools":[{"type":"function","function":{"name":"falcon","description":"a [word]","parameters":{"required":["falcon"]}}}]}`,
    )
  })

  it.each([
    ['{"metadata":{"name":"falcon"}}', '{"metadata":{"name":"[word]"}}'],
    ['{"documents":[{"name":"falcon","id":"x"}]}', '{"documents":[{"name":"[word]","id":"x"}]}'],
    [
      '{"messages":[{"content":[{"type":"tool_use","name":"falcon","input":{"name":"falcon"}}]}]}',
      '{"messages":[{"content":[{"type":"tool_use","name":"falcon","input":{"name":"[word]"}}]}]}',
    ],
    ['{"input":[{"type":"text","text":"falcon"}]}', '{"input":[{"type":"text","text":"[word]"}]}'],
    ['{"prompt":"falcon","prompt":"a falcon"}', '{"prompt":"[word]","prompt":"a [word]"}'],
    ['{"anything":{"new":["falcon"]}}', '{"anything":{"new":["[word]"]}}'],
    ['{"image_url":{"url":"data:image/png;base64,falcon"}}', '{"image_url":{"url":"data:image/png;base64,falcon"}}'],
    ['{"data":"falcon"}', '{"data":"[word]"}'],
    [`{"data":"${'13812345678/'.repeat(30)}"}`, `{"data":"${'13812345678/'.repeat(30)}"}`],
    ['{"logprobs":{"content":[{"token":"falcon"}]}}', '{"logprobs":{"content":[{"token":"falcon"}]}}'],
    ['{"arguments":"{\\"a\\":\\"falcon\\"}"}', '{"arguments":"{\\"a\\":\\"[word]\\"}"}'],
  ])('%s', (body, expected) => {
    expect(json(body)).toBe(expected)
  })
})

describe('arguments', () => {
  it.each([
    ['{"phone":13812345678, "big":12345678901234567890}', '{"phone":"[phone]", "big":12345678901234567890}'],
    ['{"falcon":{"name":"falcon"}}', '{"[word]":{"name":"[word]"}}'],
    ['{"a":"falcon', '{"a":"[word]'],
    ['', ''],
  ])('%s', (text, expected) => {
    expect(applyToArguments(text, rules, new Findings())).toBe(expected)
  })
})

it('a part without a match is the same object', () => {
  const part = { text: 'a fox' }
  expect(applyToPart(part, rules, new Findings())).toBe(part)
  expect(applyToPart({ text: 'a falcon' }, rules, new Findings())).toEqual({ text: 'a [word]' })
})

describe('a whole answer', () => {
  const answer = (value: object): unknown => JSON.parse(applyToAnswer(Buffer.from(JSON.stringify(value)), rules, new Findings()).toString())

  it('without a match is the same buffer', () => {
    const bytes = Buffer.from('{"choices":[{"message":{"content":"a fox"},"logprobs":{"content":[]}}]}')
    expect(applyToAnswer(bytes, rules, new Findings())).toBe(bytes)
  })

  it('loses what would tell a text in another way', () => {
    expect(
      answer({
        choices: [
          {
            message: { content: 'a falcon', thinking_blocks: [{ type: 'thinking', thinking: 'falcon', signature: 's' }] },
            logprobs: { content: [{ token: 'falcon' }] },
          },
        ],
        usage: { total_tokens: 1 },
      }),
    ).toEqual({
      choices: [{ message: { content: 'a [word]', thinking_blocks: [{ type: 'thinking', thinking: '[word]' }] }, logprobs: null }],
      usage: { total_tokens: 1 },
    })
  })

  it('of a transcription is one text, whatever its segments', () => {
    expect(
      answer({
        text: ' call 138 1234 5678 now',
        words: [{ word: '138' }],
        segments: [
          { id: 0, start: 0, text: ' call 138 1234', tokens: [1] },
          { id: 1, start: 1, text: ' 5678 now', tokens: [2] },
        ],
      }),
    ).toEqual({
      text: ' call [phone] now',
      segments: [
        { id: 0, start: 0, text: ' call ' },
        { id: 1, start: 1, text: '[phone] now' },
      ],
    })
  })
})
