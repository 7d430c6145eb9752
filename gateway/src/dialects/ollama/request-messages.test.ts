import { describe, expect, it } from 'vitest'
import { refusalOf } from './fixtures/errors-of.ts'
import { toMessages } from './request-messages.ts'

const PNG = 'iVBORw0KGgoAAAANSUhEUgAA'
const pngPart = { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } }
const text = (value: string) => ({ type: 'text', text: value })
const asked = (...names: readonly string[]) => ({
  role: 'assistant',
  tool_calls: names.map((name) => ({ function: { name, arguments: {} } })),
})
const called = (id: string, name: string, written = '{}') => ({ id, type: 'function', function: { name, arguments: written } })
/** The ids that the results among the messages have. */
const answersOf = (messages: readonly unknown[]) =>
  toMessages(messages)
    .filter(({ role }) => role === 'tool')
    .map(({ tool_call_id: id }) => id)

describe('roles and texts', () => {
  it.each(['system', 'developer', 'user', 'assistant'])('%s', (role) => {
    expect(toMessages([{ role, content: 'Hi' }])).toEqual([{ role, content: 'Hi' }])
    expect(toMessages([{ role: role.toUpperCase(), content: null }])).toEqual([{ role, content: '' }])
    expect(toMessages([{ role }])).toEqual([{ role, content: '' }])
  })

  it('leaves out what is not of Ollama', () => {
    expect(toMessages([{ role: 'user', content: 'Hi', name: 'x', cache_control: {}, thinking: 'no' }])).toEqual([
      { role: 'user', content: 'Hi' },
    ])
  })

  it('keeps thinking', () => {
    expect(toMessages([{ role: 'assistant', content: 'a', thinking: 't' }])).toEqual([
      { role: 'assistant', content: 'a', reasoning_content: 't' },
    ])
    expect(toMessages([{ role: 'assistant', content: 'a', thinking: '', tool_calls: [] }])).toEqual([{ role: 'assistant', content: 'a' }])
    expect(toMessages([{ role: 'assistant', content: 'a', thinking: null, tool_calls: null }])).toEqual([
      { role: 'assistant', content: 'a' },
    ])
  })

  it.each([
    ['missing_field', 'messages', undefined],
    ['invalid_field', 'messages', []],
    ['invalid_field', 'messages', 'Hi'],
    ['invalid_field', 'messages[1]', [{ role: 'user' }, 'Hi']],
    ['missing_field', 'messages[0].role', [{ content: 'Hi' }]],
    ['invalid_field', 'messages[0].role', [{ role: 'control' }]],
    ['invalid_field', 'messages[0].role', [{ role: 1 }]],
    ['invalid_field', 'messages[0].content', [{ role: 'user', content: [] }]],
    ['invalid_field', 'messages[0].thinking', [{ role: 'assistant', thinking: true }]],
  ])('refuses with %s %s', (code, param, messages) => expect(refusalOf(() => toMessages(messages))).toMatchObject({ code, param }))
})

describe('images', () => {
  it('stand behind the text of a user', () => {
    expect(toMessages([{ role: 'user', content: 'Look', images: [PNG, PNG] }])).toEqual([
      { role: 'user', content: [text('Look'), pngPart, pngPart] },
    ])
    expect(toMessages([{ role: 'user', images: [PNG] }])).toEqual([{ role: 'user', content: [pngPart] }])
    expect(toMessages([{ role: 'user', content: 'Look', images: [] }])).toEqual([{ role: 'user', content: 'Look' }])
  })

  it('of tool results come after the last of them', () => {
    const messages = [
      asked('see', 'hear'),
      { role: 'tool', tool_name: 'see', content: 'Here', images: [PNG, PNG] },
      { role: 'tool', tool_name: 'hear', images: [PNG] },
      { role: 'user', content: 'Well?' },
    ]
    expect(toMessages(messages)).toEqual([
      { role: 'assistant', content: null, tool_calls: [called('call_0_0', 'see'), called('call_0_1', 'hear')] },
      {
        role: 'tool',
        tool_call_id: 'call_0_0',
        content: 'Here\n[image 1 of tool result call_0_0: in the next message]\n[image 2 of tool result call_0_0: in the next message]',
      },
      { role: 'tool', tool_call_id: 'call_0_1', content: '[image 1 of tool result call_0_1: in the next message]' },
      {
        role: 'user',
        content: [
          text('[image 1 of tool result call_0_0]'),
          pngPart,
          text('[image 2 of tool result call_0_0]'),
          pngPart,
          text('[image 1 of tool result call_0_1]'),
          pngPart,
        ],
      },
      { role: 'user', content: 'Well?' },
    ])
    expect(toMessages(messages.slice(0, 3))).toEqual(toMessages(messages).slice(0, 4))
  })

  it.each(['system', 'developer', 'assistant'])('of %s are refused', (role) => {
    expect(refusalOf(() => toMessages([{ role, images: [PNG] }]))).toEqual({
      code: 'invalid_field',
      param: 'messages[0].images',
      message:
        'An image in a message of neither the user nor a tool can\'t be translated for a model that does not speak Ollama\'s API ("messages[0].images")',
    })
  })
})

describe('tool calls', () => {
  it('keep their ids, and get one of their place without', () => {
    const calls = [
      { id: 'mine', function: { index: 0, name: 'a', arguments: { x: [1], y: { z: 'ü' } } } },
      { function: { name: 'b', arguments: {} } },
      { id: '', function: { name: 'c' } },
      { id: null, function: { name: 'd', arguments: null } },
    ]
    expect(toMessages([{ role: 'user' }, { role: 'assistant', content: 'On it', tool_calls: calls }])[1]).toEqual({
      role: 'assistant',
      content: 'On it',
      tool_calls: [
        called('mine', 'a', '{"x":[1],"y":{"z":"ü"}}'),
        called('call_1_1', 'b'),
        called('call_1_2', 'c'),
        called('call_1_3', 'd'),
      ],
    })
  })

  it('find their results by the name of the tool, in order', () => {
    const results = ['b', 'a', 'a', 'b'].map((name) => ({ role: 'tool', tool_name: name, content: name }))
    expect(answersOf([asked('a', 'b', 'a', 'b'), ...results])).toEqual(['call_0_1', 'call_0_0', 'call_0_2', 'call_0_3'])
  })

  it('find them by their order where no name, or an unknown one, is said', () => {
    expect(answersOf([asked('a', 'b'), { role: 'tool' }, { role: 'tool', tool_name: 'z' }])).toEqual(['call_0_0', 'call_0_1'])
    expect(answersOf([asked('a', 'b'), { role: 'tool', name: 'b' }, { role: 'tool', tool_name: '' }])).toEqual(['call_0_1', 'call_0_0'])
  })

  it('are closed by an id that is said', () => {
    const messages = [asked('a', 'a'), { role: 'tool', tool_call_id: 'call_0_1' }, { role: 'tool', tool_name: 'a' }]
    expect(answersOf(messages)).toEqual(['call_0_1', 'call_0_0'])
  })

  it('of an earlier turn wait no more', () => {
    const messages = [asked('a'), { role: 'tool', tool_name: 'a' }, asked('b', 'a'), { role: 'tool', tool_name: 'a' }]
    expect(answersOf(messages)).toEqual(['call_0_0', 'call_2_1'])
    expect(answersOf([asked('a'), asked('b'), { role: 'tool', tool_name: 'a' }])).toEqual(['call_1_0'])
  })

  it('outlast an answer without any', () => {
    expect(answersOf([asked('a'), { role: 'assistant', content: 'Wait', tool_calls: [] }, { role: 'tool' }])).toEqual(['call_0_0'])
  })

  it('may be missing: then a result keeps its name', () => {
    expect(toMessages([{ role: 'tool', tool_name: 'a', content: 'x' }])).toEqual([
      { role: 'tool', tool_call_id: 'call_0', name: 'a', content: 'x' },
    ])
    expect(toMessages([{ role: 'tool', tool_call_id: 'k', name: 'a' }])).toEqual([
      { role: 'tool', tool_call_id: 'k', name: 'a', content: '' },
    ])
    expect(toMessages([{ role: 'tool', content: 'x' }])).toEqual([{ role: 'tool', tool_call_id: 'call_0', content: 'x' }])
    expect(answersOf([asked('a'), { role: 'tool' }, { role: 'tool' }])).toEqual(['call_0_0', 'call_2'])
  })

  it.each([
    ['invalid_field', 'messages[0].tool_calls', { tool_calls: {} }],
    ['invalid_field', 'messages[0].tool_calls[0]', { tool_calls: ['f'] }],
    ['missing_field', 'messages[0].tool_calls[0].function', { tool_calls: [{ id: 'x' }] }],
    ['missing_field', 'messages[0].tool_calls[0].function.name', { tool_calls: [{ function: {} }] }],
    ['invalid_field', 'messages[0].tool_calls[0].function.arguments', { tool_calls: [{ function: { name: 'f', arguments: '{}' } }] }],
    ['invalid_field', 'messages[0].tool_calls[0].id', { tool_calls: [{ id: 1, function: { name: 'f' } }] }],
  ])('refuses with %s %s', (code, param, message) => {
    expect(refusalOf(() => toMessages([{ role: 'assistant', ...message }]))).toMatchObject({ code, param })
  })

  it.each([
    ['messages[0].tool_call_id', { tool_call_id: 1 }],
    ['messages[0].tool_name', { tool_name: 1 }],
    ['messages[0].name', { name: 1 }],
  ])('refuses %s of a result that is no string', (param, message) => {
    expect(refusalOf(() => toMessages([{ role: 'tool', ...message }]))).toEqual({
      code: 'invalid_field',
      param,
      message: `The field "${param}" must be a string`,
    })
  })
})
