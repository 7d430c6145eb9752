import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isObject, type JsonObject } from '../lib/json.ts'
import { applyRules } from './apply-rules.ts'
import { ChunkGuard } from './chunk-guard.ts'
import { Findings } from './findings.ts'
import { builtin, rule, setOf, words } from './fixtures/rules.ts'
import type { RuleSet } from './rule-set.ts'

const head = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' }
const rules = setOf(words('falcon'), builtin('email'))

function chunk(delta: object, more: object = {}): JsonObject {
  return { ...head, choices: [{ index: 0, delta, finish_reason: null, ...more }] }
}

function through(set: RuleSet, chunks: readonly JsonObject[]): JsonObject[] {
  const guard = new ChunkGuard(set, new Findings())
  return [...chunks.flatMap((each) => guard.take(each)), ...guard.end()]
}

function choicesOf(chunks: readonly JsonObject[]): JsonObject[] {
  return chunks.flatMap(({ choices }) => (Array.isArray(choices) ? choices.filter(isObject) : []))
}

/** What a client puts together. */
function joinedOf(chunks: readonly JsonObject[], field: string): string {
  return choicesOf(chunks)
    .map(({ delta }) => (isObject(delta) && typeof delta[field] === 'string' ? delta[field] : ''))
    .join('')
}

describe('what has nothing in it', () => {
  it.each([
    [chunk({ role: 'assistant', content: '' })],
    [chunk({ content: 'a quick fox, ' })],
    [chunk({}, { finish_reason: 'stop' })],
    [chunk({ content: 'the end' }, { finish_reason: 'stop' })],
    [{ ...head, choices: [], usage: { total_tokens: 3 } }],
    [{ ...head, choices: [{ index: 0, text: 'a fox, ', finish_reason: null }] }],
    [chunk({ content: null, annotations: [{ type: 'url_citation', url: 'https://example.com' }] })],
  ])('passes as the same object: %j', (given) => {
    expect(new ChunkGuard(rules, new Findings()).take(given)[0]).toBe(given)
  })
})

it('the rest of a text comes before the end of its choice', () => {
  const last = { ...chunk({}, { finish_reason: 'stop' }), usage: { total_tokens: 3 } }
  expect(
    through(rules, [chunk({ role: 'assistant', content: '' }), chunk({ content: 'the fal' }), chunk({ content: 'con' }), last]),
  ).toEqual([chunk({ role: 'assistant', content: '' }), chunk({ content: 'the ' }), chunk({ content: '[word]' }), last])
})

it('an end with a text becomes two chunks, the usage with the last', () => {
  const given = { ...chunk({ content: 'falcon' }, { finish_reason: 'stop', stop_reason: 7 }), usage: { total_tokens: 3 } }
  expect(through(rules, [given])).toEqual([
    chunk({ content: '[word]' }),
    { ...chunk({}, { finish_reason: 'stop', stop_reason: 7 }), usage: { total_tokens: 3 } },
  ])
})

it('a stream without an end gives the rest, too', () => {
  expect(joinedOf(through(rules, [chunk({ content: 'the fal' })]), 'content')).toBe('the fal')
})

it('reasoning and content are texts of their own, and what is thought comes first', () => {
  const out = through(rules, [
    chunk({ reasoning_content: 'a fal' }),
    chunk({ content: 'con me@x' }),
    chunk({ content: '.com' }),
    chunk({}, { finish_reason: 'stop' }),
  ])
  expect(out.slice(0, 2)).toEqual([chunk({ reasoning_content: 'a ' }), chunk({ content: 'con ', reasoning_content: 'fal' })])
  expect(joinedOf(out, 'content')).toBe('con [email]')
})

it('each choice is a text of its own', () => {
  const both = (a: string, b: string) => ({
    ...head,
    choices: [
      { index: 0, delta: { content: a }, finish_reason: null },
      { index: 1, delta: { content: b }, finish_reason: null },
    ],
  })
  const out = through(rules, [both('fal', 'a fal'), both('con', 'se')])
  const textOf = (index: number) => joinedOf([{ choices: choicesOf(out).filter((choice) => choice['index'] === index) }], 'content')
  expect([textOf(0), textOf(1)]).toEqual(['[word]', 'a false'])
})

describe('tool calls', () => {
  const begin = { index: 0, id: 'call_1', type: 'function', function: { name: 'send', arguments: '' } }
  const piece = (text: string, index = 0) => chunk({ tool_calls: [{ index, function: { arguments: text } }] })

  it('come whole, in the end, and stay JSON', () => {
    const out = through(rules, [
      chunk({ content: 'I fal' }),
      chunk({ tool_calls: [begin] }),
      piece('{"to":"\\nme@'),
      piece('x.com","n":1.0,"falcon":[tr'),
      piece('ue]}'),
      chunk({ tool_calls: [{ index: 1, id: 'call_2', type: 'function', function: { name: 'other', arguments: '{}' } }] }),
      chunk({}, { finish_reason: 'tool_calls' }),
    ])
    expect(out).toEqual([
      chunk({ content: 'I ' }),
      chunk({
        content: 'fal',
        tool_calls: [
          { ...begin, function: { name: 'send', arguments: '{"to":"\\n[email]","n":1.0,"[word]":[true]}' } },
          { index: 1, id: 'call_2', type: 'function', function: { name: 'other', arguments: '{}' } },
        ],
      }),
      chunk({}, { finish_reason: 'tool_calls' }),
    ])
  })

  it('as one function from before there were tools', () => {
    const out = through(rules, [
      chunk({ function_call: { name: 'send', arguments: '{"a":' } }),
      chunk({ function_call: { arguments: '"falcon"}' } }),
    ])
    expect(out).toEqual([
      { ...head, choices: [{ index: 0, delta: { function_call: { name: 'send', arguments: '{"a":"[word]"}' } }, finish_reason: null }] },
    ])
  })

  it('without an index', () => {
    const call = (id: string, text: string) => chunk({ tool_calls: [{ id, function: { name: 'f', arguments: text } }] })
    const [out] = choicesOf(
      through(rules, [call('a', '{"x":'), chunk({ tool_calls: [{ function: { arguments: '1}' } }] }), call('b', '{}')]),
    )
    expect(out?.['delta']).toEqual({
      tool_calls: [
        { id: 'a', function: { name: 'f', arguments: '{"x":1}' } },
        { id: 'b', function: { name: 'f', arguments: '{}' } },
      ],
    })
  })

  it('that are too long end the answer', () => {
    const guard = new ChunkGuard(rules, new Findings())
    const huge = piece('x'.repeat(5 * 1024 ** 2))
    guard.take(huge)
    expect(() => guard.take(huge)).toThrow(expect.objectContaining({ code: 'upstream_protocol_error' }))
  })

  it('pass as they come where matches are only counted', () => {
    const findings = new Findings()
    const guard = new ChunkGuard(setOf(rule('seen', { kind: 'words', words: ['falcon'] }, 'flag')), findings)
    const given = [
      chunk({ content: 'fal' }),
      chunk({ content: 'con' }),
      piece('{"a":"fal'),
      piece('con"}'),
      chunk({}, { finish_reason: 'stop' }),
    ]
    expect([...given.flatMap((each) => guard.take(each)), ...guard.end()]).toEqual(given)
    expect([...findings.counts.values()]).toEqual([2])
  })
})

describe('what would tell a text that is not shown', () => {
  it.each([
    [chunk({ content: 'a fox, ' }, { logprobs: { content: [] } }), { logprobs: null }],
    [chunk({ content: 'a fox, ' }, { logprobs: { content: [] }, finish_reason: 'stop' }), { logprobs: null }],
  ])('is left out: %j', (given, expected) => {
    expect(choicesOf(through(rules, [given])).at(-1)).toMatchObject(expected)
  })

  it('is left out of the reasoning, and what was signed with it', () => {
    const block = { type: 'thinking', thinking: 'a falcon', signature: 'sig' }
    const deltas = (blocks: readonly JsonObject[], thought: string) =>
      choicesOf(through(rules, [chunk({ reasoning_content: thought }), chunk({ thinking_blocks: blocks })])).map(({ delta }) => delta)
    expect(deltas([block], 'a falcon ')).toEqual([{ reasoning_content: 'a [word] ' }])
    expect(deltas([{ ...block, thinking: '' }], 'a falcon ')).toEqual([{ reasoning_content: 'a [word] ' }])
    expect(deltas([{ ...block, thinking: 'a fox' }], 'a fox ')).toEqual([
      { reasoning_content: 'a fox ' },
      { thinking_blocks: [{ ...block, thinking: 'a fox' }] },
    ])
    expect(choicesOf(through(rules, [chunk({ reasoning: 'x, ', reasoning_details: [{ text: 'x, ' }] })]))[0]?.['delta']).toEqual({
      reasoning: 'x, ',
    })
  })
})

it('any cut of a text gives what the whole would have given', () => {
  fc.assert(
    fc.property(
      fc
        .array(fc.constantFrom('falcon', 'fal', 'con', ' ', 'me@x.com', '@x', '.', 'a', '\n'), { maxLength: 12 })
        .map((parts) => parts.join('')),
      fc.array(fc.nat(60), { maxLength: 5 }),
      fc.boolean(),
      (whole, cuts, endsWithText) => {
        const places = [0, ...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length]
        const pieces = places.slice(1).map((end, index) => whole.slice(places[index], end))
        const last = pieces.pop() ?? ''
        const chunks = [...pieces.map((content) => chunk({ content })), ...(endsWithText ? [] : [chunk({ content: last })])]
        const out = through(rules, [...chunks, chunk(endsWithText ? { content: last } : {}, { finish_reason: 'stop' })])
        expect(joinedOf(out, 'content')).toBe(applyRules(whole, rules, new Findings()))
        const reasons = choicesOf(out).map((choice) => choice['finish_reason'])
        expect(reasons.indexOf('stop')).toBe(reasons.length - 1)
      },
    ),
  )
})
