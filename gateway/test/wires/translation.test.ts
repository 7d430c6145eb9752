import { describe, expect, it } from 'vitest'
import { ask, chat, messages } from '../support/ask.ts'
import { answerJson, startScripted, type Script } from '../support/scripted-server.ts'
import { startGateway } from '../support/start-gateway.ts'

const line = (json: object) => `${JSON.stringify({ model: 'up', created_at: '2026-01-01T00:00:00Z', ...json })}\n`
const LINES = [
  line({ message: { role: 'assistant', content: 'Gr' }, done: false }),
  line({ message: { role: 'assistant', content: 'üße' }, done: false }),
  line({ message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop', prompt_eval_count: 3, eval_count: 2 }),
]
const COMPLETION = {
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'up',
  choices: [{ index: 0, message: { role: 'assistant', content: 'openai' }, finish_reason: 'stop' }],
}

async function start(types: Readonly<Record<string, Script>>) {
  const servers = await Promise.all(Object.values(types).map(startScripted))
  const backends = Object.keys(types).map((type, index) => ({
    id: type,
    type,
    url: servers[index]?.url ?? '',
    apiKey: 'key-of-the-backend',
    models: [{ name: 'up', as: 'm' }],
    health: { enabled: false },
  }))
  const started = await startGateway({ backends, defaults: { balance: 'round-robin', retry: { attempts: 2 } } })
  return { ...started, servers, ask: (body: object) => chat(started.url, { model: 'm', ...body }) }
}

const ndjson =
  (lines: readonly string[]): Script =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    response.end(lines.join(''))
  }

describe('a backend with a wire format of its own', () => {
  it('streams to an OpenAI client: events, usage as asked, [DONE]', async () => {
    const { ask: asked, servers, records, settled } = await start({ 'ollama-native': ndjson(LINES) })
    const { text, headers } = await asked({ stream: true })
    expect(headers['content-type']).toBe('text/event-stream; charset=utf-8')
    const events = text.split('\n\n').filter((event) => event !== '')
    expect(events.at(-1)).toBe('data: [DONE]')
    const chunks = events
      .slice(0, -1)
      .map(
        (event) =>
          JSON.parse(event.slice(6)) as { model: string; choices: { delta: { content?: string }; finish_reason: string | null }[] },
      )
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Grüße')
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
    expect(new Set(chunks.map(({ model }) => model))).toEqual(new Set(['m']))
    await settled(1)
    expect(records[0]?.usage).toEqual({ promptTokens: 3, completionTokens: 2, totalTokens: 5 })
    expect(servers[0]?.requests[0]).toMatchObject({ path: '/api/chat', headers: { authorization: 'Bearer key-of-the-backend' } })
    expect(JSON.parse(String(servers[0]?.requests[0]?.body))).toMatchObject({ model: 'up', stream: true, messages })
  })

  it('answers whole, in the shape of the endpoint', async () => {
    const { ask: asked } = await start({
      'ollama-native': (_request, response) =>
        answerJson(response, {
          model: 'up',
          message: { role: 'assistant', content: 'Hi' },
          done: true,
          done_reason: 'stop',
          prompt_eval_count: 3,
          eval_count: 2,
        }),
    })
    const { text } = await asked({})
    expect(JSON.parse(text)).toMatchObject({
      object: 'chat.completion',
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    })
  })

  it('is never taken for complete when its stream was cut off', async () => {
    const { ask: asked } = await start({ 'ollama-native': ndjson(LINES.slice(0, 2)) })
    const { text } = await asked({ stream: true })
    expect(text).toContain('"stream_interrupted"')
    expect(text).not.toContain('[DONE]')
  })

  it('fails over when its first line is an error, or makes no sense', async () => {
    for (const bad of [['{"error":"out of memory"}\n'], ['not json\n']]) {
      const { ask: asked } = await start({
        'ollama-native': ndjson(bad),
        'openai-compatible': (_request, response) => answerJson(response, COMPLETION),
      })
      for (let index = 0; index < 2; index += 1) expect((await asked({})).text).toContain('openai')
    }
  })

  it('that has no words for a field leaves the call to another, without a call, and says 400 with the field if there is none', async () => {
    const picture = { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'ftp://x/y.png' } }] }] }
    const { ask: asked, servers } = await start({
      'ollama-native': ndjson(LINES),
      'openai-compatible': (_request, response) => answerJson(response, COMPLETION),
    })
    for (let index = 0; index < 2; index += 1) expect(await asked(picture)).toMatchObject({ status: 200, backend: 'openai-compatible' })
    expect(servers[0]?.requests).toEqual([])
    expect(servers[1]?.requests).toHaveLength(2)
    const alone = await start({ 'ollama-native': ndjson(LINES) })
    const refused = await alone.ask(picture)
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([
      400,
      { error: { type: 'invalid_request_error', code: 'invalid_field', param: 'messages[0].content[0]' } },
    ])
    expect(alone.servers[0]?.requests).toEqual([])
  })
})

it('asks past all instances of a wire format that has no words for a call, however many they are', async () => {
  const other = await startScripted((_request, response) => answerJson(response, COMPLETION))
  const silent = { type: 'ollama-native', url: 'http://127.0.0.1:9', models: ['m'], health: { enabled: false } }
  const { url } = await startGateway({
    backends: [
      ...[1, 2, 3, 4].map((index) => ({ ...silent, id: `o${index}` })),
      { id: 'other', type: 'openai-compatible', url: other.url, models: [{ name: 'm', priority: 2 }], health: { enabled: false } },
    ],
    defaults: { retry: { attempts: 2 } },
  })
  const content = [{ type: 'image_url', image_url: { url: 'ftp://x/y.png' } }]
  expect(await chat(url, { model: 'm', messages: [{ role: 'user', content }] })).toMatchObject({
    status: 200,
    backend: 'other',
    attempts: 2,
  })
})

it('counts the tokens that TEI tells in a header', async () => {
  const server = await startScripted((_request, response) => answerJson(response, [[0.5, -2.5]], { 'x-compute-tokens': '7' }))
  const { url } = await startGateway({
    backends: [{ id: 'tei', type: 'tei-native', url: server.url, models: ['e'], health: { enabled: false } }],
  })
  const { text } = await ask(`${url}/v1/embeddings`, { body: { model: 'e', input: 'a' } })
  expect(JSON.parse(text)).toMatchObject({ data: [{ index: 0, embedding: [0.5, -2.5] }], usage: { prompt_tokens: 7, total_tokens: 7 } })
  expect(server.requests[0]?.path).toBe('/embed')
})

it('another instance answers when a stream of OpenAI’s fails after the chunk that only opens it', async () => {
  const chunk = (choice: object) =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, ...choice }] })}\n\n`
  const opening = chunk({ delta: { role: 'assistant', content: '' }, finish_reason: null })
  const events =
    (text: string): Script =>
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(text)
    }
  const good = `${opening}${chunk({ delta: { content: 'Hi' }, finish_reason: null })}${chunk({ delta: {}, finish_reason: 'stop' })}data: [DONE]\n\n`
  for (const end of ['data: {"error":{"message":"overloaded"}}\n\n', '']) {
    const servers = await Promise.all([events(opening + end), events(good)].map(startScripted))
    const backends = servers.map(({ url }, index) => ({
      id: `b${index}`,
      type: 'vllm',
      url,
      models: [{ name: 'm', priority: index + 1 }],
      health: { enabled: false },
    }))
    const { url } = await startGateway({ backends })
    expect(await chat(url, { model: 'm', stream: true })).toMatchObject({ status: 200, backend: 'b1', attempts: 2, text: good })
  }
})
