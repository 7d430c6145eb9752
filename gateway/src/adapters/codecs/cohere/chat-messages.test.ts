import { describe, expect, it } from 'vitest'
import { CodecRefusal } from '../codec.ts'
import { encodeMessages } from './chat-messages.ts'

const encode = (message: unknown) => encodeMessages([message])[0]
const call = (text: unknown) => ({ id: 'c1', type: 'function', function: { name: 'f', arguments: text } })
const wireCall = (text: string) => ({ id: 'c1', type: 'function', function: { name: 'f', arguments: text } })
const text = (value: string) => ({ type: 'text', text: value })

describe('encodeMessages', () => {
  it.each<[string, object, object]>([
    ['system', { role: 'system', content: 'S', name: 'x' }, { role: 'system', content: 'S' }],
    ['developer', { role: 'developer', content: [text('S')] }, { role: 'system', content: [text('S')] }],
    ['user', { role: 'user', content: 'Hi', name: 'ann' }, { role: 'user', content: 'Hi' }],
    [
      'text with a cache mark',
      { role: 'user', content: [{ ...text('Hi'), cache_control: { type: 'ephemeral' } }] },
      { role: 'user', content: [text('Hi')] },
    ],
    [
      'an image as a data URL, with its detail',
      {
        role: 'user',
        content: [text('What?'), { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low', x: 1 } }],
      },
      {
        role: 'user',
        content: [text('What?'), { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' } }],
      },
    ],
    [
      'an image as an address',
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }] },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }] },
    ],
    [
      'an image as a bare string',
      { role: 'user', content: [{ type: 'image_url', image_url: 'https://example.com/a.png' }] },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }] },
    ],
    ['assistant', { role: 'assistant', content: 'Yes', refusal: null, annotations: [] }, { role: 'assistant', content: 'Yes' }],
    ['assistant in parts', { role: 'assistant', content: [text('Yes')] }, { role: 'assistant', content: [text('Yes')] }],
    ['a refusal', { role: 'assistant', content: null, refusal: 'No' }, { role: 'assistant', content: 'No' }],
    [
      'a refusal as a part',
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'No' }] },
      { role: 'assistant', content: [text('No')] },
    ],
    ['an empty answer', { role: 'assistant', content: null }, { role: 'assistant', content: '' }],
    [
      'thinking before a text',
      { role: 'assistant', content: 'Yes', reasoning_content: 'Hm' },
      { role: 'assistant', content: [{ type: 'thinking', thinking: 'Hm' }, text('Yes')] },
    ],
    [
      'thinking before parts, by its other name',
      { role: 'assistant', content: [text('Yes')], reasoning: 'Hm' },
      { role: 'assistant', content: [{ type: 'thinking', thinking: 'Hm' }, text('Yes')] },
    ],
    [
      'the same thinking under both names',
      { role: 'assistant', content: '', reasoning_content: 'A', reasoning: 'B' },
      { role: 'assistant', content: [{ type: 'thinking', thinking: 'A' }] },
    ],
    [
      'thinking that is empty under one name',
      { role: 'assistant', content: 'Yes', reasoning_content: '', reasoning: 'B' },
      { role: 'assistant', content: [{ type: 'thinking', thinking: 'B' }, text('Yes')] },
    ],
    ['no thinking', { role: 'assistant', content: 'Yes', reasoning_content: '', reasoning: 5 }, { role: 'assistant', content: 'Yes' }],
    [
      "thinking in Cohere's own words",
      { role: 'assistant', content: [{ type: 'thinking', thinking: 'Hm' }, text('Yes')] },
      { role: 'assistant', content: [{ type: 'thinking', thinking: 'Hm' }, text('Yes')] },
    ],
    [
      'a call without text',
      { role: 'assistant', content: null, tool_calls: [call('{"a":1}')] },
      { role: 'assistant', tool_calls: [wireCall('{"a":1}')] },
    ],
    [
      'a call after an empty text',
      { role: 'assistant', content: '', tool_calls: [call('{}')] },
      { role: 'assistant', tool_calls: [wireCall('{}')] },
    ],
    [
      'a call after a text',
      { role: 'assistant', content: 'Wait', tool_calls: [call('{}')] },
      { role: 'assistant', content: 'Wait', tool_calls: [wireCall('{}')] },
    ],
    [
      'a plan before a call',
      { role: 'assistant', content: null, reasoning_content: 'I will look', tool_calls: [call('{}')] },
      { role: 'assistant', tool_calls: [wireCall('{}')], tool_plan: 'I will look' },
    ],
    [
      "a plan in Cohere's own words beside thinking",
      { role: 'assistant', content: null, tool_plan: 'P', reasoning_content: 'T', tool_calls: [call('{}')] },
      { role: 'assistant', content: [{ type: 'thinking', thinking: 'T' }], tool_calls: [wireCall('{}')], tool_plan: 'P' },
    ],
    [
      'citations',
      { role: 'assistant', content: 'Yes', citations: [{ start: 0, end: 3 }] },
      { role: 'assistant', content: 'Yes', citations: [{ start: 0, end: 3 }] },
    ],
    ['an empty list of calls', { role: 'assistant', content: 'Yes', tool_calls: [] }, { role: 'assistant', content: 'Yes' }],
    ['no list of calls', { role: 'assistant', content: 'Yes', tool_calls: null }, { role: 'assistant', content: 'Yes' }],
    ['a tool result', { role: 'tool', tool_call_id: 'c1', content: '12', name: 'f' }, { role: 'tool', tool_call_id: 'c1', content: '12' }],
    [
      'a tool result in parts',
      { role: 'tool', tool_call_id: 'c1', content: [text('12'), { type: 'document', document: { id: 'd', data: {} } }] },
      { role: 'tool', tool_call_id: 'c1', content: [text('12'), { type: 'document', document: { id: 'd', data: {} } }] },
    ],
  ])('%s', (_name, message, expected) => {
    expect(encode(message)).toEqual(expected)
  })

  it.each([
    ['{"a": 1}', '{"a": 1}'],
    ['', '{}'],
    [' \n', '{}'],
    ['null', '{}'],
    [' null ', '{}'],
    [undefined, '{}'],
    [null, '{}'],
  ])('arguments %j', (given, expected) => {
    expect(encode({ role: 'assistant', content: null, tool_calls: [call(given)] })).toEqual({
      role: 'assistant',
      tool_calls: [wireCall(expected)],
    })
  })

  it('keeps the order', () => {
    const messages = ['a', 'b', 'c'].map((content) => ({ role: 'user', content }))
    expect(encodeMessages(messages)).toEqual(messages)
  })

  const assistant = (toolCall: unknown) => ({ role: 'assistant', content: null, tool_calls: [toolCall] })

  it.each<[string, unknown]>([
    ['messages', 'Hi'],
    ['messages[1]', ['x']],
    ['messages[1].role', [{ role: 'function', name: 'f', content: '' }]],
    ['messages[1].role', [{ content: 'x' }]],
    ['messages[1].content', [{ role: 'user', content: null }]],
    ['messages[1].content', [{ role: 'system', content: 5 }]],
    ['messages[1].content', [{ role: 'tool', tool_call_id: 'c1' }]],
    ['messages[1].content[0]', [{ role: 'user', content: ['x'] }]],
    ['messages[1].content[0]', [{ role: 'user', content: [{ type: 'text' }] }]],
    ['messages[1].content[1]', [{ role: 'user', content: [text('x'), { type: 'input_audio', input_audio: { data: '', format: 'wav' } }] }]],
    ['messages[1].content[0]', [{ role: 'user', content: [{ type: 'file', file: { file_id: 'x' } }] }]],
    ['messages[1].content[0]', [{ role: 'user', content: [{ type: 'refusal', refusal: 'x' }] }]],
    ['messages[1].content[0]', [{ role: 'system', content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }] }]],
    ['messages[1].content[0]', [{ role: 'assistant', content: [{ type: 'refusal' }] }]],
    ['messages[1].content[0]', [{ role: 'assistant', content: [{ type: 'thinking' }] }]],
    ['messages[1].content[0]', [{ role: 'tool', tool_call_id: 'c1', content: [{ type: 'document', document: 'x' }] }]],
    ['messages[1].content[0].image_url.url', [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }]],
    ['messages[1].tool_call_id', [{ role: 'tool', content: '12' }]],
    ['messages[1].tool_calls', [{ role: 'assistant', content: null, tool_calls: {} }]],
    ['messages[1].tool_calls[0]', [assistant('x')]],
    ['messages[1].tool_calls[0]', [assistant({ id: 'c1', type: 'custom', custom: { name: 'x', input: '' } })]],
    ['messages[1].tool_calls[0]', [assistant({ id: 'c1', function: { arguments: '{}' } })]],
    ['messages[1].tool_calls[0]', [assistant({ function: { name: 'f', arguments: '{}' } })]],
    ['messages[1].tool_calls[0].function.arguments', [assistant(call('{"a":'))]],
    ['messages[1].tool_calls[0].function.arguments', [assistant(call('[1]'))]],
    ['messages[1].tool_calls[0].function.arguments', [assistant(call({ a: 1 }))]],
  ])('refuses %s', (param, messages) => {
    const all = Array.isArray(messages) ? [{ role: 'user', content: 'Hi' }, ...messages] : messages
    expect(() => encodeMessages(all)).toThrow(expect.toSatisfy((error) => error instanceof CodecRefusal && error.param === param))
  })
})
