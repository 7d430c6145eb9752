import { describe, expect, it } from 'vitest'
import type { Call } from '../../endpoints/call.ts'
import { inputMessages } from './input-messages.ts'
import { outputMessages } from './output-messages.ts'
import { redact } from './redact.ts'

const callOf = (fields: object) => ({ kind: 'json', fields }) as unknown as Call
const said = (content: string, type = 'text') => ({ type, content })
const NONE = { secrets: [], maximumCharacters: 10_000 }

describe('what a request says', () => {
  it('is the texts of its messages; of pictures and files, that they are there', () => {
    const messages = [
      { role: 'system', content: 'Be kind' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          { type: 'input_audio', input_audio: { data: 'AAAA' } },
        ],
      },
      { role: 'assistant', tool_calls: [{ id: '1', function: { name: 'look', arguments: '{"at":1}' } }] },
      { role: 'tool', tool_call_id: '1', content: 'a cat' },
    ]
    expect(inputMessages(callOf({ messages }))).toEqual([
      { role: 'system', parts: [said('Be kind')] },
      { role: 'user', parts: [said('What is this?'), { type: 'image' }, { type: 'audio' }] },
      { role: 'assistant', parts: [{ type: 'tool_call', name: 'look', content: '{"at":1}' }] },
      { role: 'tool', parts: [said('a cat', 'tool_call_response')] },
    ])
  })

  it('is nothing of fields that are not for the model', () => {
    const fields = { messages: [], tools: [{ type: 'mcp', headers: { authorization: 'Bearer x' } }], metadata: { who: 'ada' }, user: 'ada' }
    expect(inputMessages(callOf(fields))).toEqual([])
  })

  it.each([
    [{ prompt: 'Once' }, ['Once']],
    [{ input: ['one', 'two'] }, ['one', 'two']],
    [{ input: [[1, 2, 3]] }, []],
    [{ query: 'which', documents: ['a', { text: 'b' }] }, ['which', 'a', 'b']],
  ])('is in %j', (fields, texts) => {
    expect(inputMessages(callOf(fields)).flatMap(({ parts }) => parts.map(({ content }) => content))).toEqual(texts)
  })
})

describe('what an answer says', () => {
  const json = (value: object) => ({ type: 'application/json', bytes: Buffer.from(JSON.stringify(value)) })

  it.each([
    [
      { choices: [{ message: { role: 'assistant', content: 'Hi', reasoning_content: 'hm' }, finish_reason: 'stop' }] },
      [said('hm', 'reasoning'), said('Hi')],
    ],
    [{ choices: [{ text: 'upon a time' }] }, [said('upon a time')]],
    [{ type: 'message', content: [{ type: 'text', text: 'Hi' }] }, [said('Hi')]],
    [{ message: { role: 'assistant', content: 'Hi' }, done: true }, [said('Hi')]],
    [{ text: 'heard' }, [said('heard')]],
    [{ data: [{ b64_json: 'AAAA' }] }, [{ type: 'image' }]],
    [{ data: [{ embedding: [1] }] }, []],
  ])('is in the whole of %j', (answer, parts) => {
    expect(outputMessages(json(answer))?.[0]?.parts).toEqual(parts)
  })

  it.each([
    [
      'text/event-stream',
      'data: {"choices":[{"delta":{"role":"assistant","content":"Hel"}}]}\n\ndata: {"choices":[{"delta":{"content":"lo"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    ],
    [
      'text/event-stream',
      'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Hel"}}\n\nevent: content_block_delta\ndata: {"delta":{"text":"lo"}}\n\n',
    ],
    ['application/x-ndjson', '{"message":{"content":"Hel"},"done":false}\n{"message":{"content":"lo"},"done":true}\n'],
  ])('is put together from a stream of %s', (type, text) => {
    expect(outputMessages({ type, bytes: Buffer.from(text) })?.[0]?.parts).toEqual([said('Hello')])
  })

  it('is nothing that can be read of what is no text, and unknown of half an answer', () => {
    expect(outputMessages({ type: 'audio/mpeg', bytes: Buffer.from([1]) })).toEqual([{ role: 'assistant', parts: [{ type: 'audio' }] }])
    expect(outputMessages({ type: 'application/json', bytes: Buffer.from('{"choices":[') })).toBeUndefined()
  })
})

describe('what is kept of it', () => {
  const redacted = (content: string, more: Partial<typeof NONE> = {}) => {
    const { text, ...rest } = redact([{ role: 'user', parts: [said(content)] }], { ...NONE, ...more })
    const [message] = JSON.parse(text) as { parts: { content: string }[] }[]
    return { content: message?.parts[0]?.content, ...rest }
  }

  it('has everything masked that the built-in matches find, and keys that are known', () => {
    const key = 'a-client-key-without-a-form'
    expect(redacted(`I am ada@example.com, 4111 1111 1111 1111, sk-abcdefghij0123456789, ${key}`, { secrets: [key] } as never)).toEqual({
      content: 'I am [email], [card], [api-key], [secret]',
      masked: 4,
      cut: false,
    })
    expect(redacted('nothing')).toEqual({ content: 'nothing', masked: 0, cut: false })
  })

  it('is cut where it is too long, and never in the middle of what was to be masked', () => {
    for (const secret of ['sk-abcdefghij0123456789abcdefghij', 'ada.lovelace@example.com', '4111 1111 1111 1111']) {
      for (let before = 80; before <= 110; before += 1) {
        const text = `${'word '.repeat(30).slice(0, before - 1)} ${secret} ${'tail '.repeat(600)}`
        const { content = '', cut } = redacted(text, { maximumCharacters: 100 })
        expect([cut, content.length <= 100]).toEqual([true, true])
        expect(content).not.toMatch(/sk-a|ada\.|4111/)
      }
    }
    // Half of a long one is longer than what is looked at beyond the bound.
    expect(redacted(`x eyJ${'a'.repeat(5_000)}`, { maximumCharacters: 100 }).content).toBe('x ')
    expect(redacted('字'.repeat(5_000), { maximumCharacters: 100 }).content).toBe('字'.repeat(100))
  })

  it('has one bound for all of its texts', () => {
    const parts = ['aaaa ', 'bbbb ', 'cccc '].map((text) => said(text))
    const { text, cut } = redact([{ role: 'user', parts }], { secrets: [], maximumCharacters: 8 })
    expect([cut, text]).toEqual([true, JSON.stringify([{ role: 'user', parts: [said('aaaa '), said(''), said('')] }])])
  })
})
