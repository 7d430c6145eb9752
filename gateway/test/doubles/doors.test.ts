import { describe, expect, it } from 'vitest'
import { startDouble, type WireName } from './double.ts'
import { exchange } from './exchange.ts'
import { REQUESTS } from './requests.ts'

/* Keys, versions, hosts, lists of models and health: what the doubles do beside chat. */

const VERSION = { 'anthropic-version': '2023-06-01' }
const NEW = { 'x-api-key': 'key', 'anthropic-version': '2026-10-21' }

async function knock(wire: WireName, headers: Readonly<Record<string, string>>, more: object = {}) {
  const double = await startDouble(wire)
  const { path, body } = REQUESTS[wire]
  const { status, text } = await exchange(double.url + path(false), { body: { ...body(false), ...more }, headers })
  return { status, body: text === '' ? '' : JSON.parse(text) }
}

async function get(wire: WireName, path: string, options: { method?: string; headers?: Record<string, string>; body?: unknown } = {}) {
  const double = await startDouble(wire)
  const answer = await exchange(double.url + path, { headers: REQUESTS[wire].headers, ...options })
  expect(double.requests).toEqual([])
  return answer
}

describe('keys', () => {
  it.each<readonly [WireName, Readonly<Record<string, string>>]>([
    ['openai', { authorization: 'Bearer key' }],
    ['ollama', {}],
    ['anthropic', { 'x-api-key': 'key', ...VERSION }],
    ['anthropic', { authorization: 'Bearer key', ...VERSION }],
    ['anthropic', NEW],
    ['gemini', { 'x-goog-api-key': 'key' }],
    ['cohere', { authorization: 'Bearer key' }],
  ])('%s takes %j', async (wire, headers) => {
    expect(await knock(wire, headers)).toMatchObject({ status: 200 })
  })

  it.each<readonly [WireName, number, Readonly<Record<string, string>>, object]>([
    ['openai', 401, {}, { error: { type: 'invalid_request_error', param: null, code: null } }],
    ['openai', 401, { 'x-api-key': 'key' }, {}],
    ['openai', 401, { authorization: 'key' }, {}],
    ['openai', 401, { authorization: 'Bearer ' }, {}],
    ['anthropic', 401, VERSION, { error: { type: 'authentication_error', message: 'x-api-key header is required' } }],
    ['anthropic', 401, { 'x-api-key': '', ...VERSION }, {}],
    ['anthropic', 400, { 'x-api-key': 'key' }, { error: { message: 'anthropic-version: header is required' } }],
    [
      'anthropic',
      400,
      { 'x-api-key': 'key', 'anthropic-version': '1' },
      { error: { message: 'anthropic-version: "1" is not a valid version' } },
    ],
    ['gemini', 400, { authorization: 'Bearer key' }, { error: { status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] } }],
    ['cohere', 401, { 'x-api-key': 'key' }, { message: 'no api key supplied' }],
  ])('%s answers %d to %j', async (wire, status, headers, body) => {
    expect(await knock(wire, headers)).toMatchObject({ status, body })
  })

  it('gemini takes the key from the query too', async () => {
    expect(await get('gemini', '/v1beta/models?key=k', { headers: {} })).toMatchObject({ status: 200 })
  })
})

describe("Anthropic's newer version", () => {
  const text = { type: 'text', text: 'Hi', citations: [{ type: 'char_location' }] }
  it.each([
    [{ temperature: 1 }, 'temperature: this parameter was removed in 2026-10-21'],
    [{ top_p: 1 }, 'top_p: this parameter was removed in 2026-10-21'],
    [{ top_k: 1 }, 'top_k: this parameter was removed in 2026-10-21'],
    [{ messages: [{ role: 'user', content: [text] }] }, 'messages.0: citations are not permitted in a user message'],
  ])('refuses %j, which the older one takes', async (more, message) => {
    expect(await knock('anthropic', NEW, more)).toMatchObject({ status: 400, body: { error: { message } } })
    expect(await knock('anthropic', { 'x-api-key': 'key', ...VERSION }, more)).toMatchObject({ status: 200 })
  })

  it('takes a message of the system', async () => {
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'system', content: 'Be brief' },
      { role: 'assistant', content: 'Ok' },
    ]
    expect(await knock('anthropic', NEW, { messages })).toMatchObject({ status: 200 })
  })
})

describe("Ollama's guard", () => {
  it.each([
    'localhost:1',
    '127.0.0.1',
    '10.1.2.3:80',
    '192.168.0.1',
    '172.16.0.1',
    '172.31.0.1',
    '[::1]:1',
    'a.local',
    'host.docker.internal',
  ])('lets %s in', async (host) => {
    expect(await knock('ollama', { host })).toMatchObject({ status: 200 })
  })

  it.each(['gateway.example', '8.8.8.8', '172.32.0.1', '172.15.0.1', 'localhost.example'])('shuts %s out, without a word', async (host) => {
    expect(await knock('ollama', { host })).toEqual({ status: 403, body: '' })
  })
})

describe('lists and health', () => {
  it.each<readonly [WireName, string, object]>([
    ['openai', '/v1/models', { object: 'list', data: [{ id: 'm', object: 'model', created: 1_787_300_000, owned_by: 'double' }] }],
    ['openai', '/v1/models/m', { id: 'm', object: 'model' }],
    ['ollama', '/api/tags', { models: [{ name: 'm:latest', capabilities: ['completion', 'tools', 'thinking', 'vision'] }] }],
    ['ollama', '/api/version', { version: '0.33.0' }],
    ['ollama', '/api/ps', { models: [] }],
    ['anthropic', '/v1/models', { data: [{ type: 'model', id: 'm' }], has_more: false, first_id: 'm', last_id: 'm' }],
    ['anthropic', '/v1/models/m', { type: 'model', id: 'm' }],
    ['gemini', '/v1beta/models?pageSize=1000', { models: [{ name: 'models/m', displayName: 'M' }] }],
    ['gemini', '/v1beta/models/m', { name: 'models/m' }],
    ['cohere', '/v1/models', { models: [{ name: 'm', endpoints: ['chat', 'embed', 'rerank'] }] }],
    ['cohere', '/v1/models?endpoint=rerank', { models: [{ name: 'm' }] }],
    ['cohere', '/v1/models?endpoint=classify', { models: [] }],
  ])('%s: %s', async (wire, path, body) => {
    const { status, text } = await get(wire, path)
    expect(status).toBe(200)
    expect(JSON.parse(text)).toMatchObject(body)
  })

  it('ollama says in plain text that it runs', async () => {
    expect(await get('ollama', '/')).toMatchObject({ status: 200, text: 'Ollama is running' })
    expect(await get('ollama', '/', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' })
  })

  it('ollama shows its model', async () => {
    for (const model of ['m', 'm:latest']) {
      const { text } = await get('ollama', '/api/show', { body: { model } })
      expect(JSON.parse(text)).toMatchObject({ capabilities: ['completion', 'tools', 'thinking', 'vision'] })
    }
    expect(await get('ollama', '/api/show', { body: { model: 'x' } })).toMatchObject({
      status: 404,
      text: `{"error":"model 'x' not found"}`,
    })
  })

  it('anthropic counts, and checks what it counts', async () => {
    const body = { model: 'm', system: 'Be brief', messages: [{ role: 'user', content: 'Hi there' }] }
    expect(await get('anthropic', '/v1/messages/count_tokens', { body })).toMatchObject({ status: 200, text: '{"input_tokens":4}' })
    const wrong = { ...body, messages: [] }
    expect(await get('anthropic', '/v1/messages/count_tokens', { body: wrong })).toMatchObject({ status: 400 })
    expect(await get('anthropic', '/v1/messages/count_tokens', { body: { ...body, max_tokens: 1 } })).toMatchObject({ status: 400 })
    expect(await get('anthropic', '/v1/messages/count_tokens', { body: '[]' })).toMatchObject({ status: 400 })
  })

  it('gemini counts', async () => {
    const body = { contents: [{ role: 'user', parts: [{ text: 'Hi there' }] }] }
    expect(await get('gemini', '/v1beta/models/m:countTokens', { body })).toMatchObject({ status: 200, text: '{"totalTokens":2}' })
  })

  it('cohere checks keys', async () => {
    expect(await get('cohere', '/v1/check-api-key', { method: 'POST' })).toMatchObject({ status: 200, text: '{"valid":true}' })
  })

  it.each<readonly [WireName, string, string, number, string]>([
    ['openai', 'GET', '/v1/other', 404, '"code":"unknown_url"'],
    ['openai', 'GET', '/v1/chat/completions', 404, '"code":"unknown_url"'],
    ['ollama', 'GET', '/api/other', 404, '404 page not found'],
    ['ollama', 'GET', '/api/chat', 405, '405 method not allowed'],
    ['ollama', 'POST', '/api/tags', 405, '405 method not allowed'],
    ['anthropic', 'GET', '/v1/messages', 404, '"type":"not_found_error"'],
    ['gemini', 'GET', '/v1beta/models/m:generateContent', 404, '"status": "NOT_FOUND"'],
    ['cohere', 'GET', '/v2/chat', 404, '"message":"no route for /v2/chat"'],
  ])('%s: %s %s is answered with %d', async (wire, method, path, status, text) => {
    const answer = await get(wire, path, { method })
    expect(answer.status).toBe(status)
    expect(answer.text).toContain(text)
  })
})
