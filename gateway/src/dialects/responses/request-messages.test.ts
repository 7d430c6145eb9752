import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { sealBlock } from './encrypted-content.ts'
import { toMessages } from './request-messages.ts'

const messagesOf = (input: unknown, instructions?: unknown) =>
  toMessages({ input, ...(instructions === undefined ? {} : { instructions }) })
const refusal = (input: unknown) => {
  try {
    messagesOf(input)
  } catch (error) {
    if (error instanceof GatewayError) return [error.code, error.param]
    throw error
  }
  return undefined
}

const user = (content: unknown) => ({ role: 'user', content })
const system = (content: unknown) => ({ role: 'system', content })
const assistant = (content: unknown, rest: JsonObject = {}) => ({ role: 'assistant', content, ...rest })
const call = (id: string, text = '{}') => ({
  type: 'function_call',
  id: `fc_${id}`,
  call_id: id,
  name: 'f',
  arguments: text,
  status: 'completed',
})
const chatCall = (id: string, text = '{}') => ({ id, type: 'function', function: { name: 'f', arguments: text } })
const result = (id: string, output: unknown) => ({ type: 'function_call_output', call_id: id, output })
const tool = (id: string, content: string) => ({ role: 'tool', tool_call_id: id, content })
const reasoning = (text: string, rest: JsonObject = {}) => ({
  type: 'reasoning',
  id: 'rs_1',
  summary: [],
  content: [{ type: 'reasoning_text', text }],
  ...rest,
})
const IMAGE = { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'low' }
const CHAT_IMAGE = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low' } }

describe('what users and the system say', () => {
  it.each<[string, unknown, unknown]>([
    ['a string', 'Hi', [user('Hi')]],
    ['an empty string', '', [user('')]],
    ['a short message', [{ role: 'user', content: 'Hi' }], [user('Hi')]],
    [
      'a long message',
      [{ type: 'message', role: 'user', id: 'm', status: 'completed', content: [{ type: 'input_text', text: 'Hi' }] }],
      [user('Hi')],
    ],
    ['no parts', [{ role: 'user', content: [] }], [user('')]],
    ['two messages', [user('a'), user('b')], [user('a'), user('b')]],
    [
      'parts',
      [
        user([
          { type: 'input_text', text: 'a', prompt_cache_breakpoint: {} },
          { type: 'text', text: 'b' },
          { type: 'output_text', text: 'c' },
          IMAGE,
          { type: 'input_image', image_url: 'https://x/y.png', detail: null },
          { type: 'input_file', file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf', detail: 'high' },
          { type: 'input_file', file_id: 'file-1' },
          { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
        ]),
      ],
      [
        user([
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
          { type: 'text', text: 'c' },
          CHAT_IMAGE,
          { type: 'image_url', image_url: { url: 'https://x/y.png' } },
          { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' } },
          { type: 'file', file: { file_id: 'file-1' } },
          { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
        ]),
      ],
    ],
    ['one part that is no text', [user([IMAGE])], [user([CHAT_IMAGE])]],
    [
      'file data before an id or an address',
      [user([{ type: 'input_file', file_data: 'd', file_id: 'i', file_url: 'u' }])],
      [user([{ type: 'file', file: { file_data: 'd' } }])],
    ],
    [
      'a developer later',
      [user('a'), { role: 'developer', content: 'b' }, { role: 'system', content: 'c' }],
      [user('a'), system('b'), system('c')],
    ],
    [
      'parts of the system',
      [
        {
          role: 'system',
          content: [
            { type: 'input_text', text: 'a' },
            { type: 'input_text', text: 'b' },
          ],
        },
        user('c'),
      ],
      [system('a\n\nb'), user('c')],
    ],
  ])('%s', (_name, input, expected) => expect(messagesOf(input)).toEqual(expected))

  it('puts the instructions first, with the system messages of the beginning', () => {
    expect(messagesOf('Hi', 'Be kind')).toEqual([system('Be kind'), user('Hi')])
    expect(messagesOf('Hi', '')).toEqual([user('Hi')])
    expect(toMessages({ input: 'Hi', instructions: null })).toEqual([user('Hi')])
    const input = [{ role: 'developer', content: 'a' }, { role: 'system', content: 'b' }, user('c'), { role: 'system', content: 'd' }]
    expect(messagesOf(input, 'x')).toEqual([system('x\n\na\n\nb'), user('c'), system('d')])
    expect(messagesOf(input)).toEqual([system('a\n\nb'), user('c'), system('d')])
    expect(messagesOf([{ role: 'system', content: 'a' }], 'x')).toEqual([system('x\n\na')])
    expect(messagesOf([], 'x')).toEqual([system('x')])
  })
})

describe('what the model wrote', () => {
  it('is one message up to what comes back', () => {
    const input = [
      user('a'),
      reasoning('hm'),
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status: 'completed',
        phase: 'commentary',
        content: [{ type: 'output_text', text: 'b', annotations: [] }],
      },
      call('c1', '{"x":1}'),
      call('c2'),
      result('c1', 'r1'),
      result('c2', 'r2'),
      reasoning('so'),
      call('c3'),
      result('c3', 'r3'),
      { role: 'assistant', content: 'd' },
      user('e'),
    ]
    expect(messagesOf(input)).toEqual([
      user('a'),
      assistant('b', { reasoning_content: 'hm', tool_calls: [chatCall('c1', '{"x":1}'), chatCall('c2')] }),
      tool('c1', 'r1'),
      tool('c2', 'r2'),
      assistant(null, { reasoning_content: 'so', tool_calls: [chatCall('c3')] }),
      tool('c3', 'r3'),
      assistant('d'),
      user('e'),
    ])
  })

  it('keeps results with their calls where they come by turns', () => {
    expect(messagesOf([call('a'), result('a', '1'), call('b'), result('b', '2')])).toEqual([
      assistant(null, { tool_calls: [chatCall('a')] }),
      tool('a', '1'),
      assistant(null, { tool_calls: [chatCall('b')] }),
      tool('b', '2'),
    ])
  })

  it('joins texts: parts of a message without, messages with a space between', () => {
    const parts = [
      { type: 'output_text', text: 'a' },
      { type: 'output_text', text: 'b' },
    ]
    expect(messagesOf([assistant(parts), assistant('c'), call('x')])).toEqual([assistant('ab\n\nc', { tool_calls: [chatCall('x')] })])
    expect(messagesOf([assistant('')])).toEqual([assistant('')])
    expect(messagesOf([assistant([])])).toEqual([assistant('')])
  })

  it('refuses apart from its text', () => {
    const refusals = [
      { type: 'refusal', refusal: 'No' },
      { type: 'refusal', refusal: 'never' },
    ]
    expect(messagesOf([assistant(refusals)])).toEqual([assistant(null, { refusal: 'No\n\nnever' })])
    expect(messagesOf([assistant([{ type: 'output_text', text: 'a' }, refusals[0]])])).toEqual([assistant('a', { refusal: 'No' })])
  })

  it.each<[string, JsonObject, JsonObject]>([
    ['content before a summary', { summary: [{ type: 'summary_text', text: 's' }] }, { reasoning_content: 'hm' }],
    [
      'a summary where there is no content',
      {
        content: null,
        summary: [
          { type: 'summary_text', text: 'a' },
          { type: 'summary_text', text: 'b' },
        ],
      },
      { reasoning_content: 'a\n\nb' },
    ],
    [
      'parts of a content',
      {
        content: [
          { type: 'reasoning_text', text: 'a' },
          { type: 'reasoning_text', text: 'b' },
        ],
      },
      { reasoning_content: 'ab' },
    ],
    ['nothing', { content: [], summary: undefined }, {}],
    ['what OpenAI encrypted', { content: undefined, encrypted_content: 'gAAAAA' }, {}],
    [
      'what we sealed',
      { encrypted_content: sealBlock({ type: 'thinking', thinking: 'other', signature: 's' }) },
      { reasoning_content: 'hm', thinking_blocks: [{ type: 'thinking', thinking: 'other', signature: 's' }] },
    ],
    [
      'what we sealed, where the client dropped the text',
      { content: undefined, encrypted_content: sealBlock({ type: 'thinking', thinking: 'mm', signature: 's' }) },
      { reasoning_content: 'mm', thinking_blocks: [{ type: 'thinking', thinking: 'mm', signature: 's' }] },
    ],
    [
      'what is redacted',
      { content: [], encrypted_content: sealBlock({ type: 'redacted_thinking', data: 'd' }) },
      { thinking_blocks: [{ type: 'redacted_thinking', data: 'd' }] },
    ],
  ])('reasons: %s', (_name, rest, expected) => {
    expect(messagesOf([reasoning('hm', rest), assistant('x')])).toEqual([assistant('x', expected)])
  })

  it('reasons twice before one text', () => {
    expect(messagesOf([reasoning('a'), reasoning('b'), assistant('x')])).toEqual([assistant('x', { reasoning_content: 'a\n\nb' })])
  })

  it('is nothing where it is reasoning alone', () => {
    expect(messagesOf([user('a'), reasoning('hm'), user('b')])).toEqual([user('a'), user('b')])
  })

  it("bears what Google's models want back", () => {
    const extra = (text: string) => ({ extra_content: { google: { thought_signature: text } } })
    expect(
      messagesOf([
        { ...assistant('x'), ...extra('m') },
        { ...call('a'), ...extra('c') },
      ]),
    ).toEqual([assistant('x', { tool_calls: [{ ...chatCall('a'), ...extra('c') }], ...extra('m') })])
  })
})

describe('what tools answer', () => {
  it.each<[string, unknown, string]>([
    ['a string', 'r', 'r'],
    ['an empty string', '', ''],
    ['no parts', [], ''],
    [
      'texts',
      [
        { type: 'input_text', text: 'a' },
        { type: 'input_text', text: 'b' },
      ],
      'a\nb',
    ],
  ])('%s', (_name, output, text) => {
    expect(messagesOf([call('a'), result('a', output)])).toEqual([assistant(null, { tool_calls: [chatCall('a')] }), tool('a', text)])
  })

  const moved = [{ type: 'text', text: '[image 1 of tool result a]' }, CHAT_IMAGE]

  it('moves images and files after all results, into what the user says next', () => {
    const output = [{ type: 'input_text', text: 'see' }, IMAGE, { type: 'input_file', file_data: 'd' }]
    const file = [
      { type: 'text', text: '[file 2 of tool result a]' },
      { type: 'file', file: { file_data: 'd' } },
    ]
    expect(messagesOf([call('a'), call('b'), result('a', output), result('b', 'r'), user('so?')])).toEqual([
      assistant(null, { tool_calls: [chatCall('a'), chatCall('b')] }),
      tool('a', 'see\n[image 1 of tool result a: in the next message]\n[file 2 of tool result a: in the next message]'),
      tool('b', 'r'),
      user([...moved, ...file, { type: 'text', text: 'so?' }]),
    ])
  })

  it.each<[string, JsonObject[], JsonObject[]]>([
    ['at the end', [], []],
    ['before the model', [assistant('x')], [assistant('x')]],
    ['before the system', [system('x')], [system('x')]],
  ])('moves them into a message of their own %s', (_name, next, expected) => {
    expect(messagesOf([call('a'), result('a', [IMAGE]), ...next])).toEqual([
      assistant(null, { tool_calls: [chatCall('a')] }),
      tool('a', '[image 1 of tool result a: in the next message]'),
      user(moved),
      ...expected,
    ])
  })
})

describe('what cannot be said', () => {
  it.each([
    'item_reference',
    'web_search_call',
    'file_search_call',
    'computer_call',
    'computer_call_output',
    'code_interpreter_call',
    'image_generation_call',
    'custom_tool_call',
    'custom_tool_call_output',
    'local_shell_call',
    'mcp_call',
    'compaction',
    'something_new',
  ])('an item of type %s', (type) => expect(refusal([user('a'), { type, id: 'x' }])).toEqual(['invalid_field', 'input[1].type']))

  it.each<[unknown, string, string]>([
    [7, 'invalid_field', 'input'],
    [[], 'invalid_field', 'input'],
    [[reasoning('a')], 'invalid_field', 'input'],
    [['a'], 'invalid_field', 'input[0]'],
    [[{}], 'missing_field', 'input[0].type'],
    [[{ type: 'message', content: 'a' }], 'missing_field', 'input[0].role'],
    [[{ role: 'tool', content: 'a' }], 'invalid_field', 'input[0].role'],
    [[{ role: 'user' }], 'missing_field', 'input[0].content'],
    [[{ role: 'user', content: 7 }], 'invalid_field', 'input[0].content'],
    [[user(['a'])], 'invalid_field', 'input[0].content[0]'],
    [[user([{}])], 'missing_field', 'input[0].content[0].type'],
    [[user([{ type: 'input_text' }])], 'missing_field', 'input[0].content[0].text'],
    [[user([{ type: 'input_video' }])], 'invalid_field', 'input[0].content[0].type'],
    [[user([{ type: 'refusal', refusal: 'a' }])], 'invalid_field', 'input[0].content[0].type'],
    [[user([{ type: 'input_image' }])], 'missing_field', 'input[0].content[0].image_url'],
    [[user([{ type: 'input_image', image_url: { url: 'x' } }])], 'invalid_field', 'input[0].content[0].image_url'],
    [[user([{ type: 'input_image', file_id: 'f' }])], 'invalid_field', 'input[0].content[0].file_id'],
    [[user([{ type: 'input_file', file_url: 'u' }])], 'invalid_field', 'input[0].content[0].file_url'],
    [[user([{ type: 'input_file' }])], 'missing_field', 'input[0].content[0].file_data'],
    [[user([{ type: 'input_file', file_data: 1 }])], 'invalid_field', 'input[0].content[0].file_data'],
    [[user([{ type: 'input_file', file_id: 1 }])], 'invalid_field', 'input[0].content[0].file_id'],
    [[user([{ type: 'input_audio' }])], 'missing_field', 'input[0].content[0].input_audio'],
    [[system([IMAGE])], 'invalid_field', 'input[0].content[0].type'],
    [[system([{}])], 'missing_field', 'input[0].content[0].type'],
    [[assistant([IMAGE])], 'invalid_field', 'input[0].content[0].type'],
    [[assistant([{ type: 'refusal' }])], 'missing_field', 'input[0].content[0].refusal'],
    [[assistant(null)], 'missing_field', 'input[0].content'],
    [[{ type: 'function_call', name: 'f', arguments: '' }], 'missing_field', 'input[0].call_id'],
    [[{ type: 'function_call', call_id: 'a', arguments: '' }], 'missing_field', 'input[0].name'],
    [[{ type: 'function_call', call_id: 'a', name: 'f' }], 'missing_field', 'input[0].arguments'],
    [[{ type: 'function_call', call_id: 'a', name: 'f', arguments: {} }], 'invalid_field', 'input[0].arguments'],
    [[{ type: 'function_call_output', output: 'r' }], 'missing_field', 'input[0].call_id'],
    [[{ type: 'function_call_output', call_id: 'a' }], 'missing_field', 'input[0].output'],
    [[result('a', [{ type: 'input_video' }])], 'invalid_field', 'input[0].output[0].type'],
    [[reasoning('a', { content: 7 })], 'invalid_field', 'input[0].content'],
    [[reasoning('a', { content: [], summary: [{ type: 'summary_text' }] })], 'missing_field', 'input[0].summary[0].text'],
  ])('%j: %s %s', (input, code, param) => expect(refusal(input)).toEqual([code, param]))
})
