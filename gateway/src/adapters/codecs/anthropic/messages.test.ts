import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../lib/json.ts'
import { refusedParam } from './fixtures/calls.ts'
import { encodeMessages, isToolLoopWithoutThinking } from './messages.ts'

const encode = (...messages: unknown[]) => encodeMessages(messages, true)
const text = (words: string) => ({ type: 'text', text: words })
const user = (content: unknown) => ({ role: 'user', content })
const assistant = (content: unknown, rest: JsonObject = {}) => ({ role: 'assistant', content, ...rest })
const call = (id: string, args: unknown = '{}') => ({ id, type: 'function', function: { name: 'f', arguments: args } })
const result = (id: string, content: unknown, rest: JsonObject = {}) => ({ role: 'tool', tool_call_id: id, content, ...rest })
const use = (id: string, input: unknown = {}) => ({ type: 'tool_use', id, name: 'f', input })

describe('roles', () => {
  it('gathers system and developer messages in order, wherever they stand', () => {
    expect(
      encode(
        { role: 'system', content: 'one' },
        user('a'),
        { role: 'developer', content: [{ type: 'text', text: 'two', cache_control: { type: 'ephemeral' } }] },
        { role: 'system', content: '' },
        user('b'),
      ),
    ).toEqual({
      system: [text('one'), { ...text('two'), cache_control: { type: 'ephemeral' } }],
      messages: [{ role: 'user', content: [text('a'), text('b')] }],
    })
  })

  it('merges consecutive messages of a role and leaves empty ones out', () => {
    expect(encode(user('a'), user('b'), assistant('c'), assistant('d'), assistant(null), user(''), user('e')).messages).toEqual([
      { role: 'user', content: [text('a'), text('b')] },
      { role: 'assistant', content: [text('c'), text('d')] },
      { role: 'user', content: [text('e')] },
    ])
  })

  it('lets a conversation begin with the user', () => {
    const opening = { role: 'user', content: [text('(The conversation begins.)')] }
    expect(encode({ role: 'system', content: 's' })).toEqual({ system: [text('s')], messages: [opening] })
    expect(encode(assistant('a'), user('b')).messages).toEqual([
      opening,
      { role: 'assistant', content: [text('a')] },
      { role: 'user', content: [text('b')] },
    ])
  })

  it('lets a model continue the assistant’s words where it can', () => {
    const messages = [user('a'), assistant(' b \n')]
    expect(encodeMessages(messages, true).messages.at(-1)).toEqual({ role: 'assistant', content: [text(' b')] })
    expect(encodeMessages(messages, false).messages.slice(1)).toEqual([
      { role: 'assistant', content: [text(' b \n')] },
      { role: 'user', content: [text('Continue.')] },
    ])
    expect(encode(user('a'), assistant(null, { tool_calls: [call('x')] })).messages.at(-1)?.content).toEqual([use('x')])
    expect(encode(user('a'), assistant('b '), user('c')).messages[1]?.content).toEqual([text('b ')])
  })

  it('puts the mark of a message on its last block, but not on thinking', () => {
    const mark = { cache_control: { type: 'ephemeral' } }
    const thinking = { type: 'thinking', thinking: 't', signature: 's' }
    expect(encode({ ...user('a'), ...mark }, { ...assistant(null), thinking_blocks: [thinking], ...mark }).messages).toEqual([
      { role: 'user', content: [{ ...text('a'), ...mark }] },
      { role: 'assistant', content: [thinking] },
    ])
  })

  it('always alternates, beginning with the user, and loses no text', () => {
    const message = fc.record({ role: fc.constantFrom('user', 'assistant'), content: fc.constantFrom('', 'a', 'bc') })
    fc.assert(
      fc.property(fc.array(message), fc.boolean(), (messages, prefill) => {
        const wire = encodeMessages(messages, prefill).messages
        expect(wire.map(({ role }) => role)).toEqual(wire.map((_, index) => (index % 2 === 0 ? 'user' : 'assistant')))
        const said = wire.flatMap(({ content }) => content.map((block) => block['text']))
        const own = said.filter((words) => words === 'a' || words === 'bc')
        expect(own).toEqual(messages.map(({ content }) => content).filter((content) => content !== ''))
        if (!prefill) expect(wire.at(-1)?.role).toBe('user')
      }),
    )
  })
})

describe('tools', () => {
  it('writes calls and their results', () => {
    expect(
      encode(
        user('q'),
        assistant('I look', { tool_calls: [call('x', '{"city":"Oslo"}'), call('y', '')] }),
        result('x', 'sunny'),
        result(
          'y',
          [
            { type: 'text', text: 'see' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } },
          ],
          { is_error: true },
        ),
      ).messages,
    ).toEqual([
      { role: 'user', content: [text('q')] },
      { role: 'assistant', content: [text('I look'), use('x', { city: 'Oslo' }), use('y')] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'x', content: [text('sunny')] },
          {
            type: 'tool_result',
            tool_use_id: 'y',
            content: [text('see'), { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA' } }],
            is_error: true,
          },
        ],
      },
    ])
  })

  it('puts results first in their message', () => {
    const wire = encode(
      user('q'),
      assistant('', { tool_calls: [call('x'), call('y')] }),
      result('x', 'r'),
      user('hurry'),
      result('y', 's'),
    ).messages
    expect(wire[2]?.content).toEqual([
      { type: 'tool_result', tool_use_id: 'x', content: [text('r')] },
      { type: 'tool_result', tool_use_id: 'y', content: [text('s')] },
      text('hurry'),
    ])
  })

  it('keeps call and result together where an id can’t go as it is', () => {
    const wire = encode(user('q'), assistant('', { tool_calls: [call('functions.f:0')] }), result('functions.f:0', '')).messages
    expect(wire.slice(1)).toEqual([
      { role: 'assistant', content: [use('functions_f_0')] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'functions_f_0' }] },
    ])
  })

  it.each([undefined, null, '', 'null', '{}', {}])('takes %j for no arguments', (args) => {
    const written = { id: 'x', type: 'function', function: { name: 'f', ...(args === undefined ? {} : { arguments: args }) } }
    expect(encode(user('q'), assistant('', { tool_calls: [written] })).messages[1]?.content).toEqual([use('x')])
  })

  it('knows a loop whose calls came without thinking', () => {
    const thinking = { thinking_blocks: [{ type: 'redacted_thinking', data: 'd' }] }
    const calls = { tool_calls: [call('x')] }
    const lacks = (...messages: unknown[]) => isToolLoopWithoutThinking(encode(...messages).messages)
    expect(lacks(user('q'), assistant('', calls), result('x', 'r'))).toBe(true)
    expect(lacks(user('q'), assistant('', { ...calls, ...thinking }), result('x', 'r'))).toBe(false)
    expect(lacks(user('q'), assistant('', calls), result('x', 'r'), assistant('a'), user('b'))).toBe(false)
    expect(lacks(user('q'))).toBe(false)
  })
})

describe('thinking of the history', () => {
  const thinking = { type: 'thinking', thinking: 't', signature: 's' }
  const redacted = { type: 'redacted_thinking', data: 'd' }
  const replayed = (rest: JsonObject) => encode(user('q'), assistant('a', rest)).messages[1]?.content

  it('goes before text and calls', () => {
    expect(replayed({ thinking_blocks: [thinking, redacted], tool_calls: [call('x')] })).toEqual([thinking, redacted, text('a'), use('x')])
  })

  it('may have no text of its own', () => {
    expect(replayed({ thinking_blocks: [{ ...thinking, thinking: '' }] })).toEqual([{ ...thinking, thinking: '' }, text('a')])
  })

  it('is read from OpenRouter’s form as well', () => {
    const details = [
      { type: 'reasoning.text', text: 't', signature: 's', format: 'anthropic-claude-v1', index: 0 },
      { type: 'reasoning.encrypted', data: 'd' },
      { type: 'reasoning.summary', summary: 'u' },
    ]
    expect(replayed({ reasoning_details: details })).toEqual([thinking, redacted, text('a')])
    expect(replayed({ reasoning_details: details, thinking_blocks: [redacted] })).toEqual([redacted, text('a')])
  })

  it.each([
    ['no signature', { type: 'thinking', thinking: 't' }],
    ['an empty signature', { ...thinking, signature: '' }],
    ['no text', { type: 'thinking', signature: 's' }],
    ['empty data', { type: 'redacted_thinking', data: '' }],
    ['no data', { type: 'redacted_thinking' }],
    ['another type', { type: 'text', text: 't', thinking: 't', signature: 's', data: 'd' }],
    ['no object', 'x'],
  ])('is left out with %s', (_name, block) => {
    expect(replayed({ thinking_blocks: [block], reasoning_content: 'r' })).toEqual([text('a')])
  })
})

describe('refusals', () => {
  const calls = (entry: unknown) => () => encode(user('q'), assistant('', { tool_calls: [entry] }))
  it('takes a refusal of the history for text, where there is no other', () => {
    expect(encode(user('q'), assistant(null, { refusal: 'no' }), user('r')).messages[1]?.content).toEqual([text('no')])
    expect(encode(user('q'), assistant('a', { refusal: 'no' }), user('r')).messages[1]?.content).toEqual([text('a')])
  })

  it.each([
    ['messages', () => encodeMessages('x', true)],
    ['messages[0]', () => encode('x')],
    ['messages[0].role', () => encode({ role: 'function', content: 'x' })],
    ['messages[0].content', () => encode({ role: 'system', content: [{ type: 'image_url', image_url: 'https://h/a' }] })],
    ['messages[1].content[0]', () => encode(user('a'), user([{ type: 'input_audio' }]))],
    ['messages[0].function_call', () => encode(assistant('', { function_call: { name: 'f' } }))],
    ['messages[0].content', () => encode(assistant([{ type: 'image_url', image_url: 'https://h/a' }]))],
    ['messages[0].tool_calls', () => encode(assistant('', { tool_calls: 'x' }))],
    ['messages[1].tool_calls[0]', calls('x')],
    ['messages[1].tool_calls[0]', calls({ id: 'x', type: 'custom', custom: {} })],
    ['messages[1].tool_calls[0].id', calls({ function: { name: 'f' } })],
    ['messages[1].tool_calls[0].id', calls({ id: '', function: { name: 'f' } })],
    ['messages[1].tool_calls[0].function.name', calls({ id: 'x', function: {} })],
    ['messages[1].tool_calls[0].function.name', calls({ id: 'x', function: { name: '' } })],
    ['messages[1].tool_calls[0].function.arguments', calls(call('x', '{'))],
    ['messages[1].tool_calls[0].function.arguments', calls(call('x', '[]'))],
    ['messages[1].tool_calls[0].function.arguments', calls(call('x', 7))],
    ['messages[0].tool_call_id', () => encode({ role: 'tool', content: 'x' })],
    ['messages[0].content[0].text', () => encode(result('x', [{ type: 'text' }]))],
  ])('%s', (param, act) => expect(refusedParam(act)).toBe(param))
})
