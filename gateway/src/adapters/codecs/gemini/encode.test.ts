import { describe, expect, test } from 'vitest'
import { chatCall, refusedParam } from './fixtures/contexts.ts'
import { geminiCodec } from './gemini.ts'

const messages = [{ role: 'user', content: 'hi' }]
const contents = [{ role: 'user', parts: [{ text: 'hi' }] }]

describe('chat', () => {
  test('a whole answer', () => {
    expect(geminiCodec.encode(chatCall({ model: 'smart', messages }))).toEqual({
      path: '/v1beta/models/gemini-2.5-flash:generateContent',
      body: { contents },
    })
  })

  test('a stream, with all parts of a request', () => {
    const fields = {
      messages: [{ role: 'system', content: 'Be brief' }, ...messages],
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0,
      tools: [{ type: 'function', function: { name: 'f' } }],
      tool_choice: 'required',
      safety_settings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_ONLY_HIGH' }],
      extra_body: { google: { cached_content: 'cachedContents/a' } },
      user: 'u',
      metadata: { a: '1' },
      store: true,
      verbosity: 'low',
      repetition_penalty: 1.1,
      logit_bias: {},
      functions: [],
      function_call: null,
    }
    expect(geminiCodec.encode({ ...chatCall(fields), stream: true })).toEqual({
      path: '/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
      body: {
        contents,
        systemInstruction: { parts: [{ text: 'Be brief' }] },
        tools: [{ functionDeclarations: [{ name: 'f' }] }],
        toolConfig: { functionCallingConfig: { mode: 'ANY' } },
        safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_ONLY_HIGH' }],
        cachedContent: 'cachedContents/a',
        generationConfig: { temperature: 0 },
      },
    })
  })

  test.each([
    [{ cachedContent: 'a' }, { cachedContent: 'a' }],
    [{ cached_content: 'b' }, { cachedContent: 'b' }],
    [{ safetySettings: [] }, { safetySettings: [] }],
    [{ safetySettings: ['x'] }, {}],
  ])('Gemini’s own fields: %j', (fields, own) => {
    expect(geminiCodec.encode(chatCall({ messages, ...fields })).body).toEqual({ contents, ...own })
  })

  test.each([
    ['logit_bias', { 50256: -100 }],
    ['functions', [{ name: 'f' }]],
    ['function_call', 'auto'],
    ['audio', { voice: 'alloy' }],
    ['web_search_options', {}],
    ['moderation', {}],
  ])('refuses %s', (field, value) => {
    expect(refusedParam(() => geminiCodec.encode(chatCall({ messages, [field]: value })))).toBe(field)
  })

  test('the client’s fields stay as they are', () => {
    const fields = Object.freeze({ messages: Object.freeze([Object.freeze({ role: 'user', content: 'hi' })]) })
    expect(geminiCodec.encode(chatCall(fields)).body).toEqual({ contents })
  })
})

describe('completion', () => {
  const encode = (fields: object) => geminiCodec.encode({ ...chatCall({ ...fields }), endpoint: 'completion' })

  test.each(['hi', ['hi']])('of the prompt %j', (prompt) => {
    expect(encode({ prompt, max_tokens: 5, best_of: 1, echo: false, suffix: '', logprobs: null })).toEqual({
      path: '/v1beta/models/gemini-2.5-flash:generateContent',
      body: { contents, generationConfig: { maxOutputTokens: 5 } },
    })
  })

  test.each([
    ['prompt', {}],
    ['prompt', { prompt: ['a', 'b'] }],
    ['prompt', { prompt: [1] }],
    ['prompt', { prompt: [] }],
    ['logit_bias', { prompt: 'a', logit_bias: { 1: 1 } }],
    ['suffix', { prompt: 'a', suffix: 'b' }],
    ['echo', { prompt: 'a', echo: true }],
    ['logprobs', { prompt: 'a', logprobs: 0 }],
    ['best_of', { prompt: 'a', best_of: 2 }],
  ])('refuses %s of %j', (param, fields) => {
    expect(refusedParam(() => encode(fields))).toBe(param)
  })
})

test('other endpoints are refused', () => {
  expect(refusedParam(() => geminiCodec.encode({ ...chatCall({}), endpoint: 'rerank' }))).toBe('model')
})
