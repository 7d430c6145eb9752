import type { ConfigInput } from '@jairouter/contract/config'
import { describe, expect, it } from 'vitest'
import { answerJson, startScripted, type ScriptedRequest } from '../support/scripted-server.ts'
import { eventsOf, startRelayed } from '../support/start-pair.ts'

const COMPLETION = {
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }],
}
const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }
const CHUNK = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' }
const messages = [{ role: 'user', content: 'x' }]

interface Started {
  readonly requests: readonly ScriptedRequest[]
  readonly post: (path: string, body: object) => Promise<Response>
  /** The path and the body of the only request. */
  readonly arrived: () => { path: string; body: unknown }
}

/** A backend of the given type that answers to anything: streams with usage on the last choice, as Mistral does. */
async function start(type: string, config: Omit<ConfigInput, 'backends'> = {}, model = 'm'): Promise<Started> {
  const backend = await startScripted((request, response) => {
    const { stream } = JSON.parse(request.body.toString()) as { stream?: boolean }
    if (request.path.includes('embeddings'))
      return answerJson(response, { object: 'list', data: [{ object: 'embedding', index: 0, embedding: [1] }], model: 'm', usage })
    if (stream !== true) return answerJson(response, COMPLETION)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const chunk = (choice: object, more: object = {}) =>
      `data: ${JSON.stringify({ ...CHUNK, choices: [{ index: 0, ...choice }], ...more })}\n\n`
    response.end(
      `${chunk({ delta: { role: 'assistant', content: 'x' }, finish_reason: null })}${chunk({ delta: {}, finish_reason: 'stop' }, { usage })}data: [DONE]\n\n`,
    )
  })
  const { post } = await startRelayed({
    ...config,
    backends: [{ id: 'one', type, url: backend.url, apiKey: 'backend-secret', models: [model], health: { enabled: false } }],
  })
  return {
    requests: backend.requests,
    post: (path, body) => post(path, JSON.stringify({ model, ...body }), { authorization: 'Bearer client-secret' }),
    arrived() {
      const [only, ...others] = backend.requests
      if (only === undefined || others.length > 0) throw new Error(`expected one request, got ${backend.requests.length}`)
      return { path: only.path, body: JSON.parse(only.body.toString()) as unknown }
    },
  }
}

describe('Ollama', () => {
  it('is asked with max_tokens in place of max_completion_tokens', async () => {
    const { post, arrived } = await start('ollama')
    expect((await post('/v1/chat/completions', { messages, max_completion_tokens: 5, seed: 1 })).status).toBe(200)
    expect(arrived()).toEqual({ path: '/v1/chat/completions', body: { model: 'm', messages, max_tokens: 5, seed: 1 } })
  })

  it('keeps the client’s own max_tokens where both are given', async () => {
    const { post, arrived } = await start('ollama')
    await post('/v1/chat/completions', { max_completion_tokens: 5, messages, max_tokens: 6 })
    expect(arrived().body).toEqual({ model: 'm', messages, max_tokens: 6 })
  })

  it('has no rerank', async () => {
    const { post, requests } = await start('ollama')
    const response = await post('/v1/rerank', { query: 'q', documents: ['a'] })
    expect([response.status, requests.length]).toEqual([404, 0])
  })
})

describe('Mistral', () => {
  const foreign = {
    user: 'u',
    store: true,
    logprobs: true,
    top_logprobs: 2,
    logit_bias: { 1: 2 },
    safety_identifier: 's',
    verbosity: 'low',
  }

  it('is asked without the fields that it refuses, others under its own names', async () => {
    const { post, arrived } = await start('mistral')
    const body = { messages, ...foreign, max_completion_tokens: 5, seed: 7, safe_prompt: true, temperature: 0.5 }
    expect((await post('/v1/chat/completions', body)).status).toBe(200)
    expect(arrived()).toEqual({
      path: '/v1/chat/completions',
      body: { model: 'm', messages, max_tokens: 5, random_seed: 7, safe_prompt: true, temperature: 0.5 },
    })
  })

  it.each([{ stream_options: { include_usage: true } }, {}])('is never sent stream_options: client %o', async (options) => {
    const { post, arrived } = await start('mistral')
    const response = await post('/v1/chat/completions', { messages, stream: true, ...options })
    const chunks = eventsOf(await response.text())
      .slice(0, -1)
      .map((event) => JSON.parse(event) as { choices: unknown[]; usage?: unknown })
    expect(arrived().body).toEqual({ model: 'm', messages, stream: true })
    const counts = chunks.filter(({ choices }) => choices.length === 0).map((chunk) => chunk.usage)
    expect(counts).toEqual('stream_options' in options ? [usage] : [])
  })

  it('is asked for dimensions under its own name', async () => {
    const { post, arrived } = await start('mistral')
    expect((await post('/v1/embeddings', { input: 'x', dimensions: 8, user: 'u' })).status).toBe(200)
    expect(arrived().body).toEqual({ model: 'm', input: 'x', output_dimension: 8 })
  })
})

describe('Azure', () => {
  it('is asked below /openai/v1 with its key in a header of its own', async () => {
    const { post, requests } = await start('azure-openai')
    expect((await post('/v1/chat/completions', { messages })).status).toBe(200)
    const [request] = requests
    expect(request?.path).toBe('/openai/v1/chat/completions')
    expect(request?.headers['api-key']).toBe('backend-secret')
    expect(request?.headers).not.toHaveProperty('authorization')
  })
})

describe('Xinference', () => {
  it('gets no logit_bias, which it answers with 501', async () => {
    const { post, arrived } = await start('xinference')
    await post('/v1/chat/completions', { messages, logit_bias: {}, seed: 1 })
    expect(arrived().body).toEqual({ model: 'm', messages, seed: 1 })
  })
})

describe('Infinity', () => {
  it('has no /v1', async () => {
    const { post, arrived } = await start('infinity')
    expect((await post('/v1/embeddings', { input: 'x' })).status).toBe(200)
    expect(arrived().path).toBe('/embeddings')
  })
})

describe('an adapter of the user', () => {
  const adapters: ConfigInput['adapters'] = {
    house: {
      extends: 'openai-compatible',
      label: 'House model server',
      auth: { scheme: 'header', header: 'x-house-key' },
      headers: { 'x-tenant': 'blue' },
      query: { 'api-version': '2026-01-01' },
      paths: { chat: '/deployments/{model}/chat' },
      rewrite: { chat: { drop: ['user'], rename: { max_completion_tokens: 'max_new_tokens' }, defaults: { top_k: 40, seed: 1 } } },
      streamOptions: false,
    },
    'house-open': { extends: 'house', auth: { scheme: 'none' } },
  }

  it('says paths, query, credentials, headers and rewrites', async () => {
    const { post, requests, arrived } = await start('house', { adapters }, 'org/big model'.replace(' ', '+'))
    const response = await post('/v1/chat/completions', { messages, user: 'u', max_completion_tokens: 5, seed: 9 })
    expect(response.status).toBe(200)
    expect(arrived()).toEqual({
      path: '/deployments/org%2Fbig%2Bmodel/chat?api-version=2026-01-01',
      body: { model: 'org/big+model', messages, max_new_tokens: 5, seed: 9, top_k: 40 },
    })
    expect(requests[0]?.headers).toMatchObject({ 'x-house-key': 'backend-secret', 'x-tenant': 'blue' })
    expect(requests[0]?.headers).not.toHaveProperty('authorization')
  })

  it('that takes no stream_options is sent none', async () => {
    const { post, arrived } = await start('house', { adapters })
    await (await post('/v1/chat/completions', { messages, stream: true, stream_options: { include_usage: true } })).text()
    expect(arrived().body).toEqual({ model: 'm', messages, stream: true, top_k: 40, seed: 1 })
  })

  it('has only the endpoints that its own paths name', async () => {
    const { post, requests } = await start('house', { adapters })
    expect((await post('/v1/embeddings', { input: 'x' })).status).toBe(404)
    expect(requests).toHaveLength(0)
  })

  it('may extend another one of the user', async () => {
    const { post, requests } = await start('house-open', { adapters })
    expect((await post('/v1/chat/completions', { messages })).status).toBe(200)
    expect(requests[0]?.headers).toMatchObject({ 'x-tenant': 'blue' })
    expect(JSON.stringify(requests[0]?.rawHeaders)).not.toContain('secret')
  })
})

describe('where the key goes', () => {
  it.each([
    ['openai-compatible', { authorization: 'Bearer backend-secret' }],
    ['vllm', { authorization: 'Bearer backend-secret' }],
    ['openai', { authorization: 'Bearer backend-secret' }],
    ['azure-openai', { 'api-key': 'backend-secret' }],
  ])('%s', async (type, expected) => {
    const { post, requests } = await start(type)
    await post('/v1/chat/completions', { messages })
    expect(requests[0]?.headers).toMatchObject(expected)
    expect(JSON.stringify(requests[0]?.rawHeaders).match(/secret/g)).toHaveLength(1)
  })
})
