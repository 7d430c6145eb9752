import { describe, expect, test } from 'vitest'
import { toConversation } from './conversation.ts'
import { refusedParam } from './fixtures/contexts.ts'

const OLD = 'gemini-2.5-flash'
const NEW = 'gemini-3-pro'
const user = (content: unknown) => ({ role: 'user', content })
const call = (id: string, name: string, args = '{}') => ({ id, type: 'function', function: { name, arguments: args } })
const signature = (text: string) => ({ extra_content: { google: { thought_signature: text } } })

describe('roles', () => {
  test('system and developer messages stand before the conversation, messages of one role are one turn', () => {
    const messages = [
      { role: 'system', content: 'Be brief' },
      user('a'),
      { role: 'developer', content: [{ type: 'text', text: 'Be kind' }] },
      { ...user([{ type: 'text', text: 'b' }]), name: 'Ann' },
      { role: 'assistant', content: 'c', reasoning_content: 'hm' },
      { role: 'assistant', content: 'd' },
      user('e'),
    ]
    expect(toConversation(messages, OLD)).toEqual({
      contents: [
        { role: 'user', parts: [{ text: 'a' }, { text: 'b' }] },
        { role: 'model', parts: [{ text: 'c' }, { text: 'd' }] },
        { role: 'user', parts: [{ text: 'e' }] },
      ],
      systemInstruction: { parts: [{ text: 'Be brief' }, { text: 'Be kind' }] },
    })
  })

  test('a system message alone is the user’s', () => {
    expect(toConversation([{ role: 'system', content: 'Go' }], OLD)).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Go' }] }] })
    expect(toConversation([{ role: 'system', content: '' }], OLD)).toEqual({ contents: [{ role: 'user', parts: [{ text: '' }] }] })
  })

  test('an empty message of the user stays, one of the assistant goes', () => {
    expect(toConversation([user(''), { role: 'assistant', content: null }, user('b')], OLD)).toEqual({
      contents: [{ role: 'user', parts: [{ text: '' }, { text: 'b' }] }],
    })
  })

  test('a refusal of the assistant is its text', () => {
    expect(toConversation([user('a'), { role: 'assistant', content: null, refusal: 'no' }], OLD)['contents']).toEqual([
      { role: 'user', parts: [{ text: 'a' }] },
      { role: 'model', parts: [{ text: 'no' }] },
    ])
  })
})

describe('tools', () => {
  test('results are one turn apart from the user’s, in the order of their calls, named by them', () => {
    const messages = [
      user('a'),
      { role: 'assistant', content: 'wait', tool_calls: [call('x', 'first', '{"n":1}'), call('y', 'second', '')] },
      {
        role: 'tool',
        tool_call_id: 'y',
        content: [
          { type: 'text', text: 'two' },
          { type: 'text', text: '!' },
        ],
      },
      { role: 'tool', tool_call_id: 'x', content: '{"one":1}' },
      user('b'),
    ]
    expect(toConversation(messages, OLD)['contents']).toEqual([
      { role: 'user', parts: [{ text: 'a' }] },
      {
        role: 'model',
        parts: [
          { text: 'wait' },
          { functionCall: { id: 'x', name: 'first', args: { n: 1 } } },
          { functionCall: { id: 'y', name: 'second', args: {} } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 'x', name: 'first', response: { one: 1 } } },
          { functionResponse: { id: 'y', name: 'second', response: { result: 'two!' } } },
        ],
      },
      { role: 'user', parts: [{ text: 'b' }] },
    ])
  })

  test('an id that comes again means the latest call', () => {
    const messages = [
      { role: 'assistant', tool_calls: [call('0', 'first')] },
      { role: 'tool', tool_call_id: '0', content: 'a' },
      { role: 'assistant', tool_calls: [call('0', 'second')] },
      { role: 'tool', tool_call_id: '0', content: 'b' },
    ]
    expect(toConversation(messages, OLD)['contents']).toEqual([
      { role: 'model', parts: [{ functionCall: { id: '0', name: 'first', args: {} } }] },
      { role: 'user', parts: [{ functionResponse: { id: '0', name: 'first', response: { result: 'a' } } }] },
      { role: 'model', parts: [{ functionCall: { id: '0', name: 'second', args: {} } }] },
      { role: 'user', parts: [{ functionResponse: { id: '0', name: 'second', response: { result: 'b' } } }] },
    ])
  })

  test('the older functions, without ids', () => {
    const messages = [
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: { a: 1 } } },
      { role: 'function', name: 'f', content: 'r' },
    ]
    expect(toConversation(messages, OLD)['contents']).toEqual([
      { role: 'model', parts: [{ functionCall: { name: 'f', args: { a: 1 } } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'f', response: { result: 'r' } } }] },
    ])
  })

  test('a result whose call is not told of has its own name, and stands last', () => {
    const messages = [
      { role: 'assistant', tool_calls: [call('x', 'first')] },
      { role: 'tool', tool_call_id: 'lost', name: 'other', content: 'b' },
      { role: 'tool', tool_call_id: 'x', content: 'a' },
    ]
    expect(toConversation(messages, OLD)['contents']).toContainEqual({
      role: 'user',
      parts: [
        { functionResponse: { id: 'x', name: 'first', response: { result: 'a' } } },
        { functionResponse: { id: 'lost', name: 'other', response: { result: 'b' } } },
      ],
    })
  })

  test('pictures of a result go into it from the third generation on, before it beside all results', () => {
    const inline = { inlineData: { mimeType: 'image/png', data: 'AA' } }
    const messages = [
      { role: 'assistant', tool_calls: [call('x', 'f'), call('y', 'g')] },
      {
        role: 'tool',
        tool_call_id: 'x',
        content: [
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } },
          { type: 'text', text: 't' },
        ],
      },
      { role: 'tool', tool_call_id: 'y', content: 'u' },
    ]
    expect(toConversation(messages, OLD)['contents']).toContainEqual({
      role: 'user',
      parts: [
        { functionResponse: { id: 'x', name: 'f', response: { result: 't' } } },
        { functionResponse: { id: 'y', name: 'g', response: { result: 'u' } } },
        inline,
      ],
    })
    expect(toConversation(messages, NEW)['contents']).toContainEqual({
      role: 'user',
      parts: [
        { functionResponse: { id: 'x', name: 'f', response: { result: 't' }, parts: [inline] } },
        { functionResponse: { id: 'y', name: 'g', response: { result: 'u' } } },
      ],
    })
  })
})

describe('signatures', () => {
  const messages = [
    user('a'),
    {
      role: 'assistant',
      content: 'b',
      ...signature('text-sig'),
      images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA' }, ...signature('image-sig') }],
      tool_calls: [{ ...call('x', 'f'), ...signature('call-sig') }, call('y', 'g')],
    },
  ]
  test.each([OLD, NEW])('go back to the parts that bore them: %s', (model) => {
    expect(toConversation(messages, model)['contents']).toContainEqual({
      role: 'model',
      parts: [
        { text: 'b' },
        { text: '', thoughtSignature: 'text-sig' },
        { inlineData: { mimeType: 'image/png', data: 'AA' }, thoughtSignature: 'image-sig' },
        { functionCall: { id: 'x', name: 'f', args: {} }, thoughtSignature: 'call-sig' },
        { functionCall: { id: 'y', name: 'g', args: {} } },
      ],
    })
  })

  test.each([
    [NEW, { thoughtSignature: 'skip_thought_signature_validator' }],
    [OLD, {}],
  ])('the first call has the stand-in where a lost one is missed: %s', (model, field) => {
    const lost = [{ role: 'assistant', tool_calls: [call('x', 'f'), call('y', 'g')] }]
    expect(toConversation(lost, model)['contents']).toEqual([
      {
        role: 'model',
        parts: [{ functionCall: { id: 'x', name: 'f', args: {} }, ...field }, { functionCall: { id: 'y', name: 'g', args: {} } }],
      },
    ])
  })
})

const assistant = (fields: object) => [{ role: 'assistant', ...fields }]
test.each([
  [undefined, 'messages'],
  [[], 'messages'],
  [['a'], 'messages[0]'],
  [[{ role: 'king', content: '' }], 'messages[0].role'],
  [[{ content: 'a' }], 'messages[0].role'],
  [[{ role: 'system', content: [{ type: 'image_url', image_url: 'data:image/png;base64,AA' }] }], 'messages[0].content'],
  [[user('a'), user([{ type: 'x' }])], 'messages[1].content[0].type'],
  [[{ role: 'tool', tool_call_id: 'x', content: 'a' }], 'messages[0].tool_call_id'],
  [assistant({ audio: { id: 'x' } }), 'messages[0].audio'],
  [assistant({ tool_calls: {} }), 'messages[0].tool_calls'],
  [assistant({ tool_calls: [1] }), 'messages[0].tool_calls[0].function'],
  [assistant({ tool_calls: [{ id: 'x', type: 'custom', custom: { name: 'c' } }] }), 'messages[0].tool_calls[0].function'],
  [assistant({ tool_calls: [call('x', '')] }), 'messages[0].tool_calls[0].function'],
  [assistant({ tool_calls: [call('x', 'f', '{"a":')] }), 'messages[0].tool_calls[0].function.arguments'],
  [assistant({ tool_calls: [call('x', 'f', '[1]')] }), 'messages[0].tool_calls[0].function.arguments'],
  [assistant({ function_call: { name: 'f', arguments: '1' } }), 'messages[0].function_call.arguments'],
  [assistant({ images: ['a'] }), 'messages[0].images[0]'],
  [assistant({ images: [{ image_url: { url: 'https://example.com' } }] }), 'messages[0].images[0].image_url'],
])('refuses %j', (messages, param) => {
  expect(refusedParam(() => toConversation(messages, OLD))).toBe(param)
})
