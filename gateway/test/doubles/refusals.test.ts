import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/lib/json.ts'
import { startDouble, type WireName } from './double.ts'
import { exchange } from './exchange.ts'
import {
  ANTHROPIC,
  COHERE,
  GEMINI,
  OLLAMA,
  OPENAI,
  answer,
  asked,
  asks,
  call,
  calling,
  declare,
  hi,
  named,
  parts,
  result,
  thinking,
  told,
  tool,
  turns,
  use,
  user,
} from './refused-requests.ts'
import { REQUESTS } from './requests.ts'

async function send(wire: WireName, more: JsonObject, options: { lenient?: boolean; headers?: Readonly<Record<string, string>> } = {}) {
  const { headers, lenient = false } = options
  const double = await startDouble(wire, { lenient })
  const request = REQUESTS[wire]
  return exchange(double.url + request.path(false), { body: { ...request.body(false), ...more }, headers: headers ?? request.headers })
}

const CASES = [
  ['openai', OPENAI],
  ['ollama', OLLAMA],
  ['anthropic', ANTHROPIC],
  ['gemini', GEMINI],
  ['cohere', COHERE],
] as const

const PLACES: Readonly<Record<WireName, (body: { error: { message: string } & string; message: string }) => string>> = {
  openai: ({ error }) => error.message,
  ollama: ({ error }) => error,
  anthropic: ({ error }) => error.message,
  gemini: ({ error }) => error.message,
  cohere: ({ message }) => message,
}

describe.each(CASES)('%s refuses', (wire, cases) => {
  it.each(cases)('%j: %s', async (more, message) => {
    const { status, text } = await send(wire, more)
    expect(status).toBe(400)
    expect(PLACES[wire](JSON.parse(text))).toContain(message)
  })
})

describe('what looks odd and is served', () => {
  it.each<readonly [WireName, JsonObject]>([
    ['openai', { temperature: 2, top_p: 1, stop: ['a', 'b', 'c', 'd'], max_tokens: null, response_format: null, tool_choice: null }],
    ['openai', { tools: [{ type: 'custom', custom: { name: 'x' } }, tool], tool_choice: { type: 'allowed_tools' } }],
    ['openai', { messages: [user, { role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] }] }],
    ['openai', { messages: [user, calling(call('{}'), call('not json', 'b')), result('b'), result('a')] }],
    ['openai', { response_format: { type: 'text' }, messages: [{ role: 'developer', content: [{ type: 'text', text: '' }] }] }],
    ['ollama', { tool_choice: 'any', top_k: 4, options: { num_predict: -1, other: 'x' }, keep_alive: '1h30m', format: '' }],
    ['ollama', { keep_alive: -1, think: 'max', format: 'json', tools: null, messages: [{ role: 'USER', content: null, images: null }] }],
    ['anthropic', { thinking, max_tokens: 1025, temperature: 1, tools: [named], tool_choice: { type: 'auto' } }],
    ['anthropic', { messages: [user, user, { role: 'assistant', content: 'x' }] }],
    ['anthropic', { tools: [{ type: 'web_search_20250305', name: 'web search' }], temperature: 0, top_p: 1, top_k: 3 }],
    ['anthropic', turns('Hi', [use('a'), use('b')], [answer('b'), { ...answer('a'), is_error: true }, { type: 'text', text: 'So?' }])],
    ['anthropic', { messages: [user, { role: 'assistant', content: [use('a')] }, ...[answer('a'), hiBlock()].map(userOf)] }],
    ['gemini', { contents: [{ parts: [hi] }], generationConfig: { temperature: 2, thinkingConfig: { thinkingBudget: -1 } } }],
    ['gemini', parts(hi, asked, told('look'), { text: 'x', thought: true })],
    ['gemini', parts({ fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/x' } })],
    ['gemini', declare({ name: 'look', parameters: { properties: { strict: { type: 'STRING', default: { strict: 1 } } } } })],
    ['gemini', declare({ name: 'look', parametersJsonSchema: { $schema: 'x', additionalProperties: false } })],
    ['cohere', { messages: [user, calling(call('null')), result('a')], tools: [tool], tool_choice: 'NONE' }],
    ['cohere', { messages: [user, { role: 'assistant', tool_plan: 'Hm' }], p: 1, stop_sequences: ['a', 'b', 'c', 'd', 'e'] }],
    ['cohere', asks({ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } })],
  ])('%s: %j', async (wire, more) => {
    expect(await send(wire, more)).toMatchObject({ status: 200 })
  })

  it.each<readonly [WireName, JsonObject]>([
    ['openai', { top_k: 4 }],
    ['anthropic', { seed: 1 }],
    ['gemini', { stream: true, generationConfig: { best_of: 2 }, contents: [{ role: 'user', parts: [{ ...hi, kind: 'x' }] }] }],
    ['cohere', { top_p: 0.5 }],
  ])('%s, lenient: %j', async (wire, more) => {
    expect(await send(wire, more, { lenient: true })).toMatchObject({ status: 200 })
  })
})

function hiBlock(): JsonObject {
  return { type: 'text', text: 'Hi' }
}

function userOf(block: JsonObject): JsonObject {
  return { role: 'user', content: [block] }
}

describe('the shapes of refusals', () => {
  it.each<readonly [WireName, JsonObject, JsonObject]>([
    [
      'openai',
      { top_k: 4 },
      { error: { message: "Unknown parameter: 'top_k'.", type: 'invalid_request_error', param: 'top_k', code: 'unknown_parameter' } },
    ],
    [
      'openai',
      { top_p: 2 },
      {
        error: {
          message: "Invalid 'top_p': expected a number from 0 to 1.",
          type: 'invalid_request_error',
          param: 'top_p',
          code: 'invalid_value',
        },
      },
    ],
    ['ollama', { model: '' }, { error: 'model is required' }],
    [
      'anthropic',
      { model: '' },
      { type: 'error', error: { type: 'invalid_request_error', message: 'model: Field required' }, request_id: 'req_1' },
    ],
    [
      'gemini',
      { contents: [] },
      { error: { code: 400, message: '* GenerateContentRequest.contents: contents is not specified', status: 'INVALID_ARGUMENT' } },
    ],
    ['cohere', { model: '' }, { id: '29415-1', message: "missing required field: parameter 'model' is required" }],
  ])('%s: %j', async (wire, more, body) => {
    expect(JSON.parse((await send(wire, more)).text)).toEqual(body)
  })

  it.each<WireName>(['openai', 'ollama', 'anthropic', 'gemini', 'cohere'])('%s: no JSON object', async (wire) => {
    const double = await startDouble(wire)
    const { path, headers } = REQUESTS[wire]
    for (const body of ['[1]', '{"model":']) {
      const { status, text } = await exchange(double.url + path(false), { body, headers })
      expect(status).toBe(400)
      expect(PLACES[wire](JSON.parse(text))).toBe('The body of the request is not a JSON object')
    }
    expect(double.requests).toEqual([])
  })

  it('keeps what was refused', async () => {
    const double = await startDouble('anthropic')
    const { path, body, headers } = REQUESTS.anthropic
    await exchange(double.url + path(false), { body: { ...body(false), model: '' }, headers })
    expect(double.requests.map((request) => request.body['model'])).toEqual([''])
  })
})
