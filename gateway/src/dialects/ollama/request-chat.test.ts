import { describe, expect, it } from 'vitest'
import { ollamaCodec } from '../../adapters/codecs/ollama/ollama.ts'
import type { JsonObject } from '../../lib/json.ts'
import { refusalOf } from './fixtures/errors-of.ts'
import { CANONICAL_CHAT_REQUEST, CHAT_REQUEST } from './fixtures/requests.ts'
import { chatToCanonical } from './request-chat.ts'

const MESSAGES = [{ role: 'user', content: 'Hi' }]
const canonical = (fields: JsonObject) => chatToCanonical({ model: 'm', messages: MESSAGES, stream: false, ...fields })
const plain = { model: 'm', messages: MESSAGES }

describe('chatToCanonical', () => {
  it('translates the documented request', () => expect(chatToCanonical(CHAT_REQUEST)).toEqual(CANONICAL_CHAT_REQUEST))

  it('loses nothing on the way to a backend that speaks Ollama', () => {
    const { body } = ollamaCodec.encode({ endpoint: 'chat', model: 'qwen3:8b', stream: true, fields: chatToCanonical(CHAT_REQUEST) })
    expect(body).toEqual(CHAT_REQUEST)
  })

  it.each([true, false, 'low', 'medium', 'high', 'max'])('think %j comes out as what means the same', (think) => {
    const { body } = ollamaCodec.encode({ endpoint: 'chat', model: 'm', stream: false, fields: canonical({ think }) })
    expect(body['think']).toBe(think === true ? 'medium' : think)
  })

  it.each([{}, { stream: true }, { stream: null }])('streams with %j', (fields) => {
    expect(chatToCanonical({ ...plain, stream_options: { x: 1 }, ...fields })).toEqual({
      ...plain,
      stream: true,
      stream_options: { include_usage: true },
    })
  })

  it.each([
    ['no stream', {}, {}],
    ['the format json', { format: 'json' }, { response_format: { type: 'json_object' } }],
    [
      'a schema',
      { format: { type: 'object' } },
      { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' } } } },
    ],
    ['no format', { format: '' }, {}],
    ['a format of null', { format: null }, {}],
    ['a format beside another', { format: 'json', response_format: { type: 'text' } }, { response_format: { type: 'json_object' } }],
    [
      'what is the default anyway',
      { truncate: true, shift: true, keep_alive: null, _debug_render_only: false, options: {}, tools: [] },
      {},
    ],
    ['null for all', { truncate: null, shift: null, _debug_render_only: null, think: null, tools: null, options: null }, {}],
    [
      'what backends may need to know',
      { truncate: false, shift: false, keep_alive: -1 },
      { truncate: false, shift: false, keep_alive: -1 },
    ],
    ['an unload after the answer', { keep_alive: 0 }, { keep_alive: 0 }],
    ['one answer', { n: 1 }, { n: 1 }],
    ["fields that are not Ollama's", { tool_choice: 'none', user: 'u', x_extra: [1] }, { tool_choice: 'none', user: 'u', x_extra: [1] }],
    ['an option over a field', { temperature: 1, options: { temperature: 0 } }, { temperature: 0 }],
  ])('takes %s', (_name, fields, expected) => expect(canonical(fields)).toEqual({ ...plain, ...expected }))

  it.each([
    ['missing_field', 'messages', { messages: null }],
    ['invalid_field', 'stream', { stream: 'yes' }],
    ['invalid_field', 'format', { format: 'yaml' }],
    ['invalid_field', 'format', { format: ['json'] }],
    ['invalid_field', 'think', { think: 'much' }],
    ['invalid_field', 'keep_alive', { keep_alive: '5' }],
    ['invalid_field', 'truncate', { truncate: 1 }],
    ['invalid_field', 'shift', { shift: 'no' }],
    ['invalid_field', 'n', { n: 2 }],
    ['invalid_field', '_debug_render_only', { _debug_render_only: true }],
    ['invalid_field', 'tools', { tools: 'x' }],
    ['invalid_field', 'options.num_ctx', { options: { num_ctx: 'x' } }],
    ['invalid_field', 'top_logprobs', { top_logprobs: 21 }],
  ])('refuses with %s %s', (code, param, fields) => expect(refusalOf(() => canonical(fields))).toMatchObject({ code, param }))
})
