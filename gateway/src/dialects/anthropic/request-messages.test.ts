import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { toMessages } from './request-messages.ts'
import { PLACEHOLDER_SIGNATURE } from './thinking.ts'

const CACHE = { cache_control: { type: 'ephemeral' } }
const PNG = { type: 'base64', media_type: 'image/png', data: 'iVBO' }
const PDF = { type: 'base64', media_type: 'application/pdf', data: 'JVBE' }
const PNG_PART = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } }
const user = (...content: readonly JsonObject[]) => toMessages({ messages: [{ role: 'user', content }] })
const assistant = (...content: readonly JsonObject[]) => toMessages({ messages: [{ role: 'assistant', content }] })
const refusalOf = (run: () => unknown) => {
  try {
    run()
    return 'nothing thrown'
  } catch (error) {
    return error instanceof GatewayError ? [error.code, error.param] : error
  }
}

describe('system', () => {
  const systemOf = (system: unknown) => toMessages({ system, messages: [{ role: 'user', content: 'Hi' }] }).slice(0, -1)

  it.each([
    ['a text', 'Be brief', [{ role: 'system', content: 'Be brief' }]],
    [
      'blocks',
      [
        { type: 'text', text: 'Be', ...CACHE },
        { type: 'text', text: '' },
        { type: 'text', text: 'brief' },
      ],
      [{ role: 'system', content: 'Be\n\nbrief' }],
    ],
    ['nothing', undefined, []],
    ['null', null, []],
    ['an empty text', '', []],
    ['no blocks', [], []],
    [
      "a block with Claude Code's line",
      [
        { type: 'text', text: 'x-anthropic-billing-header: cc_version=2; cch=1a2b3;' },
        { type: 'text', text: 'Be brief' },
      ],
      [{ role: 'system', content: 'Be brief' }],
    ],
    ["a text with Claude Code's line", 'x-anthropic-billing-header: cch=1;\nBe brief\n', [{ role: 'system', content: 'Be brief\n' }]],
    ['a text that speaks of it', 'No x-anthropic-billing-header: a', [{ role: 'system', content: 'No x-anthropic-billing-header: a' }]],
  ])('as %s', (_name, system, expected) => expect(systemOf(system)).toEqual(expected))

  it('may come in between', () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'system', content: [{ type: 'text', text: 's' }] },
      { role: 'user', content: 'b' },
    ]
    expect(toMessages({ system: 'first', messages })).toEqual([
      { role: 'system', content: 'first' },
      { role: 'user', content: 'a' },
      { role: 'system', content: 's' },
      { role: 'user', content: 'b' },
    ])
  })
})

describe('a user', () => {
  it('speaks in a string, or in one block', () => {
    const expected = [{ role: 'user', content: 'Hi' }]
    expect(toMessages({ messages: [{ role: 'user', content: 'Hi' }] })).toEqual(expected)
    expect(user({ type: 'text', text: 'Hi', ...CACHE })).toEqual(expected)
    expect(user({ type: 'text', text: '' })).toEqual([{ role: 'user', content: '' }])
    expect(user()).toEqual([{ role: 'user', content: '' }])
  })

  it('speaks several times in a row in one message', () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'user', content: [{ type: 'text', text: 'b' }] },
      { role: 'assistant', content: 'c' },
      { role: 'assistant', content: 'd' },
    ]
    expect(toMessages({ messages })).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { role: 'assistant', content: 'cd' },
    ])
  })

  it.each<[string, JsonObject, readonly JsonObject[]]>([
    ['an image in base64', { type: 'image', source: PNG, ...CACHE }, [PNG_PART]],
    [
      'the address of an image',
      { type: 'image', source: { type: 'url', url: 'https://a/b.png' } },
      [{ type: 'image_url', image_url: { url: 'https://a/b.png' } }],
    ],
    [
      'a PDF',
      { type: 'document', source: PDF },
      [{ type: 'file', file: { filename: 'document.pdf', file_data: 'data:application/pdf;base64,JVBE' } }],
    ],
    [
      'a PDF with title and context',
      { type: 'document', source: PDF, title: 'Report', context: 'Of May', citations: { enabled: false } },
      [
        { type: 'text', text: 'Of May' },
        { type: 'file', file: { filename: 'Report.pdf', file_data: 'data:application/pdf;base64,JVBE' } },
      ],
    ],
    [
      'a PDF that is named as one',
      { type: 'document', source: PDF, title: 'r.PDF' },
      [{ type: 'file', file: { filename: 'r.PDF', file_data: 'data:application/pdf;base64,JVBE' } }],
    ],
    [
      'a text document',
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'body' }, title: 'T', context: 'C' },
      [{ type: 'text', text: 'T\nC\nbody' }],
    ],
    [
      'a document of blocks',
      {
        type: 'document',
        source: {
          type: 'content',
          content: [
            { type: 'text', text: 'x' },
            { type: 'image', source: PNG },
          ],
        },
        title: 'T',
      },
      [{ type: 'text', text: 'T' }, { type: 'text', text: 'x' }, PNG_PART],
    ],
    ['a document of one text', { type: 'document', source: { type: 'content', content: 'x' }, title: '' }, [{ type: 'text', text: 'x' }]],
    [
      'a search result',
      { type: 'search_result', title: 'T', source: 'https://a', content: [{ type: 'text', text: 'x' }] },
      [
        { type: 'text', text: 'T\nhttps://a' },
        { type: 'text', text: 'x' },
      ],
    ],
  ])('shows %s', (_name, block, parts) => {
    expect(user(block, { type: 'text', text: 'What is it?' })).toEqual([
      { role: 'user', content: [...parts, { type: 'text', text: 'What is it?' }] },
    ])
  })
})

describe('tool results', () => {
  it.each<[string, JsonObject, string]>([
    ['a text', { content: '12 °C' }, '12 °C'],
    [
      'blocks',
      {
        content: [
          { type: 'text', text: 'a', ...CACHE },
          { type: 'text', text: 'b' },
        ],
      },
      'a\nb',
    ],
    ['nothing', {}, ''],
    ['null', { content: null }, ''],
    ['a failure', { content: 'no such city', is_error: true }, 'Error: no such city'],
    ['no failure', { content: 'x', is_error: false }, 'x'],
    [
      'a search result',
      { content: [{ type: 'search_result', title: 'T', source: 'S', content: [{ type: 'text', text: 'x' }] }] },
      'T\nS\nx',
    ],
    ['names of tools', { content: [{ type: 'tool_reference', tool_name: 'f' }] }, 'f'],
  ])('with %s', (_name, block, content) => {
    expect(user({ type: 'tool_result', tool_use_id: 'toolu_1', ...block })).toEqual([{ role: 'tool', tool_call_id: 'toolu_1', content }])
  })

  it('come before what else the user says', () => {
    const blocks = [
      { type: 'text', text: 'And now?' },
      { type: 'tool_result', tool_use_id: 'a', content: '1' },
      { type: 'tool_result', tool_use_id: 'b', content: '2' },
    ]
    expect(user(...blocks)).toEqual([
      { role: 'tool', tool_call_id: 'a', content: '1' },
      { role: 'tool', tool_call_id: 'b', content: '2' },
      { role: 'user', content: 'And now?' },
    ])
  })

  it('of several messages answer one turn', () => {
    const messages = [
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: '1' }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'b', content: '2' }] },
    ]
    expect(toMessages({ messages }).map((message) => message['tool_call_id'])).toEqual(['a', 'b'])
  })

  it('show images and files in the message that follows', () => {
    const content = [
      { type: 'text', text: 'Two:' },
      { type: 'image', source: PNG },
      { type: 'document', source: PDF },
    ]
    const blocks = [
      { type: 'tool_result', tool_use_id: 'a', content },
      { type: 'tool_result', tool_use_id: 'b', content: [{ type: 'image', source: PNG }] },
      { type: 'text', text: 'Well?' },
    ]
    expect(user(...blocks)).toEqual([
      {
        role: 'tool',
        tool_call_id: 'a',
        content: 'Two:\n[image 1 of tool result a: in the next message]\n[file 2 of tool result a: in the next message]',
      },
      { role: 'tool', tool_call_id: 'b', content: '[image 1 of tool result b: in the next message]' },
      {
        role: 'user',
        content: [
          { type: 'text', text: '[image 1 of tool result a]' },
          PNG_PART,
          { type: 'text', text: '[file 2 of tool result a]' },
          { type: 'file', file: { filename: 'document.pdf', file_data: 'data:application/pdf;base64,JVBE' } },
          { type: 'text', text: '[image 1 of tool result b]' },
          PNG_PART,
          { type: 'text', text: 'Well?' },
        ],
      },
    ])
  })
})

describe('an assistant', () => {
  it('thinks, speaks and calls', () => {
    const blocks = [
      { type: 'thinking', thinking: 'Hm. ', signature: 'sig' },
      { type: 'redacted_thinking', data: 'secret' },
      { type: 'thinking', thinking: 'So.', signature: PLACEHOLDER_SIGNATURE },
      { type: 'text', text: 'I look ', citations: null },
      { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: [1] }, ...CACHE },
      { type: 'text', text: 'it up' },
      { type: 'tool_use', id: 'toolu_2', name: 'g', input: {} },
    ]
    expect(assistant(...blocks)).toEqual([
      {
        role: 'assistant',
        content: 'I look it up',
        reasoning_content: 'Hm. So.',
        thinking_blocks: [
          { type: 'thinking', thinking: 'Hm. ', signature: 'sig' },
          { type: 'redacted_thinking', data: 'secret' },
        ],
        tool_calls: [
          { id: 'toolu_1', type: 'function', function: { name: 'f', arguments: '{"a":[1]}' } },
          { id: 'toolu_2', type: 'function', function: { name: 'g', arguments: '{}' } },
        ],
      },
    ])
  })

  it('has content null beside calls alone, and a text otherwise', () => {
    expect(assistant({ type: 'tool_use', id: 'a', name: 'f', input: {} })[0]?.['content']).toBe(null)
    expect(assistant()).toEqual([{ role: 'assistant', content: '' }])
    expect(assistant({ type: 'thinking', thinking: 'Hm', signature: '' })).toEqual([
      { role: 'assistant', content: '', reasoning_content: 'Hm' },
    ])
    expect(assistant({ type: 'thinking', thinking: '', signature: 'sig' })).toEqual([
      { role: 'assistant', content: '', thinking_blocks: [{ type: 'thinking', thinking: '', signature: 'sig' }] },
    ])
  })
})

describe('refusals', () => {
  const at = (...content: readonly unknown[]) => ({ messages: [{ role: 'user', content }] })

  it.each<[string, JsonObject, readonly string[]]>([
    ['no messages', {}, ['missing_field', 'messages']],
    ['an empty list', { messages: [] }, ['invalid_field', 'messages']],
    ['no list', { messages: {} }, ['invalid_field', 'messages']],
    ['a message', { messages: ['Hi'] }, ['invalid_field', 'messages[0]']],
    ['no role', { messages: [{ content: 'a' }] }, ['missing_field', 'messages[0].role']],
    ['another role', { messages: [{ role: 'tool', content: 'a' }] }, ['invalid_field', 'messages[0].role']],
    ['no content', { messages: [{ role: 'user', content: 'a' }, { role: 'user' }] }, ['missing_field', 'messages[1].content']],
    ['a number', { messages: [{ role: 'user', content: 1 }] }, ['invalid_field', 'messages[0].content']],
    ['a block', at('Hi'), ['invalid_field', 'messages[0].content[0]']],
    ['a block of no type', at({}), ['invalid_field', 'messages[0].content[0].type']],
    [
      'a block of another type',
      at({ type: 'text', text: 'a' }, { type: 'container_upload' }),
      ['invalid_field', 'messages[0].content[1].type'],
    ],
    ['no text', at({ type: 'text' }), ['missing_field', 'messages[0].content[0].text']],
    ['a text', at({ type: 'text', text: 1 }), ['invalid_field', 'messages[0].content[0].text']],
    ['no source', at({ type: 'image' }), ['missing_field', 'messages[0].content[0].source']],
    ['a source', at({ type: 'image', source: 'x' }), ['invalid_field', 'messages[0].content[0].source']],
    ['a source of no type', at({ type: 'image', source: {} }), ['invalid_field', 'messages[0].content[0].source.type']],
    ['a file', at({ type: 'image', source: { type: 'file', file_id: 'f' } }), ['invalid_field', 'messages[0].content[0].source.type']],
    [
      'no data',
      at({ type: 'image', source: { type: 'base64', media_type: 'image/png' } }),
      ['missing_field', 'messages[0].content[0].source.data'],
    ],
    ['no address', at({ type: 'image', source: { type: 'url' } }), ['missing_field', 'messages[0].content[0].source.url']],
    [
      'a PDF by address',
      at({ type: 'document', source: { type: 'url', url: 'https://a' } }),
      ['invalid_field', 'messages[0].content[0].source.type'],
    ],
    [
      'citations',
      at({ type: 'document', source: PDF, citations: { enabled: true } }),
      ['invalid_field', 'messages[0].content[0].citations'],
    ],
    [
      'citations of a search',
      at({ type: 'search_result', title: 'T', source: 'S', content: [], citations: { enabled: true } }),
      ['invalid_field', 'messages[0].content[0].citations'],
    ],
    [
      'a block in a document',
      at({ type: 'document', source: { type: 'content', content: [{}] } }),
      ['invalid_field', 'messages[0].content[0].source.content[0].type'],
    ],
    ['no tool_use_id', at({ type: 'tool_result' }), ['missing_field', 'messages[0].content[0].tool_use_id']],
    [
      'a block in a result',
      at({ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'browser_state' }] }),
      ['invalid_field', 'messages[0].content[0].content[0].type'],
    ],
    ['a call by the user', at({ type: 'tool_use', id: 'a', name: 'f', input: {} }), ['invalid_field', 'messages[0].content[0].type']],
    [
      'an image in system',
      { system: [{ type: 'image' }], messages: [{ role: 'user', content: 'a' }] },
      ['invalid_field', 'system[0].type'],
    ],
  ])('%s', (_name, fields, expected) => expect(refusalOf(() => toMessages(fields))).toEqual(expected))

  it.each<[string, JsonObject, readonly string[]]>([
    ['a result', { type: 'tool_result', tool_use_id: 'a' }, ['invalid_field', 'messages[0].content[0].type']],
    ['a call of a server', { type: 'server_tool_use', id: 'a' }, ['invalid_field', 'messages[0].content[0].type']],
    ['a call without input', { type: 'tool_use', id: 'a', name: 'f' }, ['missing_field', 'messages[0].content[0].input']],
    ['a call with a list', { type: 'tool_use', id: 'a', name: 'f', input: [] }, ['invalid_field', 'messages[0].content[0].input']],
    ['a call without a name', { type: 'tool_use', id: 'a', input: {} }, ['missing_field', 'messages[0].content[0].name']],
    ['a call without an id', { type: 'tool_use', name: 'f', input: {} }, ['missing_field', 'messages[0].content[0].id']],
    ['empty thinking', { type: 'thinking', signature: 's' }, ['missing_field', 'messages[0].content[0].thinking']],
    ['nothing redacted', { type: 'redacted_thinking' }, ['missing_field', 'messages[0].content[0].data']],
  ])('%s by the assistant', (_name, block, expected) => expect(refusalOf(() => assistant(block))).toEqual(expected))

  it('say what it is', () => {
    expect(() => user({ type: 'mystery' })).toThrow(
      `A content block of type "mystery" can't be translated for a model that does not speak Anthropic's API ("messages[0].content[0].type")`,
    )
    expect(() => assistant({})).toThrow("An assistant's content block of type null can't be translated")
    expect(() => user({ type: 'image', source: { type: 'file' } })).toThrow('A source of type "file" can\'t be translated')
  })
})
