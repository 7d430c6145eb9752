import { describe, expect, it } from 'vitest'
import { encodeMessages } from './chat-messages.ts'

const refusal = (param: string, message: string) => expect.objectContaining({ name: 'CodecRefusal', param, message })

describe('encodeMessages', () => {
  it('writes the documented conversation', () => {
    const messages = [
      { role: 'developer', content: 'Be brief' },
      { role: 'system', content: 'In English' },
      {
        role: 'user',
        name: 'ann',
        content: [
          { type: 'text', text: 'What is in the picture?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        refusal: null,
        audio: null,
        annotations: [],
        reasoning_content: 'Look outside.',
        tool_calls: [{ id: 'call_ab12cd34', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }],
      },
      { role: 'tool', tool_call_id: 'call_ab12cd34', content: '3 C' },
    ]
    expect(encodeMessages(messages)).toEqual([
      { role: 'system', content: 'Be brief' },
      { role: 'system', content: 'In English' },
      { role: 'user', content: 'What is in the picture?', images: ['iVBORw0KGgo='] },
      {
        role: 'assistant',
        content: '',
        thinking: 'Look outside.',
        tool_calls: [{ id: 'call_ab12cd34', function: { index: 0, name: 'get_weather', arguments: { city: 'Oslo' } } }],
      },
      { role: 'tool', tool_call_id: 'call_ab12cd34', tool_name: 'get_weather', content: '3 C' },
    ])
  })

  it.each([
    [{ role: 'assistant' }, { role: 'assistant', content: '' }],
    [
      { role: 'assistant', content: null, refusal: 'I can’t.' },
      { role: 'assistant', content: 'I can’t.' },
    ],
    [
      { role: 'assistant', content: 'Yes.', refusal: 'I can’t.' },
      { role: 'assistant', content: 'Yes.' },
    ],
    [
      { role: 'assistant', content: '', tool_calls: [], reasoning_content: '' },
      { role: 'assistant', content: '' },
    ],
    [
      { role: 'assistant', content: 'a', thinking: 'own', vendor: { x: 1 }, gone: null },
      { role: 'assistant', content: 'a', thinking: 'own', vendor: { x: 1 } },
    ],
    [
      { role: 'assistant', content: 'a', thinking: 'own', reasoning: 'other' },
      { role: 'assistant', content: 'a', thinking: 'other' },
    ],
    [
      { role: 'user', content: 'a', reasoning_content: 'x', tool_calls: [{}] },
      { role: 'user', content: 'a' },
    ],
    [
      { role: 'tool', tool_call_id: 'unknown', content: 'r' },
      { role: 'tool', tool_call_id: 'unknown', content: 'r' },
    ],
    [
      { role: 'tool', tool_call_id: 'unknown', name: 'f', content: 'r' },
      { role: 'tool', tool_call_id: 'unknown', tool_name: 'f', content: 'r' },
    ],
    [
      { role: 'tool', tool_name: 'own', content: 'r' },
      { role: 'tool', tool_name: 'own', content: 'r' },
    ],
    [
      { role: 'function', name: 'f', content: 'r' },
      { role: 'tool', tool_name: 'f', content: 'r' },
    ],
    [
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{"a":1}' } },
      { role: 'assistant', content: '', tool_calls: [{ function: { index: 0, name: 'f', arguments: { a: 1 } } }] },
    ],
  ])('%j', (message, expected) => {
    expect(encodeMessages([message])).toEqual([expected])
  })

  it('knows a result by the call, whatever else it is called', () => {
    const call = { role: 'assistant', tool_calls: [{ id: 'c', function: { name: 'right' } }] }
    expect(encodeMessages([call, { role: 'tool', tool_call_id: 'c', name: 'wrong', tool_name: 'wrong', content: 'r' }])[1]).toEqual({
      role: 'tool',
      tool_call_id: 'c',
      tool_name: 'right',
      content: 'r',
    })
  })

  it.each([
    ['x', 'messages', 'The field "messages" must be an array'],
    [undefined, 'messages', 'The field "messages" must be an array'],
    [['x'], 'messages[0]', 'The field "messages[0]" must be an object'],
    [
      [
        { role: 'user', content: 'a' },
        { role: 'bot', content: 'a' },
      ],
      'messages[1].role',
      'The field "messages[1].role" must be system, developer, user, assistant, tool or function',
    ],
    [[{ role: 'user', content: null }], 'messages[0].content', 'The field "messages[0].content" must be a string or an array'],
    [[{ role: 'assistant', audio: { id: 'a' } }], 'messages[0].audio', 'Ollama keeps no sounds of earlier answers'],
    [
      [{ role: 'assistant', content: '', tool_calls: 'x' }],
      'messages[0].tool_calls',
      'The field "messages[0].tool_calls" must be an array',
    ],
  ])('refuses %j', (messages, param, message) => {
    expect(() => encodeMessages(messages)).toThrow(refusal(param, message))
  })
})
