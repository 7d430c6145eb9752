import { describe, expect, it } from 'vitest'
import { answerJson, startScripted, type Script } from '../support/scripted-server.ts'
import { startGateway } from '../support/start-gateway.ts'

const event = (type: string, more: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`
const OPENING = [
  event('message_start', {
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'up',
      content: [],
      usage: { input_tokens: 2, cache_read_input_tokens: 3, output_tokens: 1 },
    },
  }),
  event('ping', {}),
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
]
const CONTENT = event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Hé' } })
const CLOSING = [
  event('content_block_stop', { index: 0 }),
  event('a_type_of_tomorrow', { x: 1 }),
  event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } }),
  event('message_stop', {}),
]
const STREAM = [...OPENING, CONTENT, ...CLOSING]
const OVERLOADED = event('error', { error: { type: 'overloaded_error', message: 'Overloaded' } })

const events =
  (pieces: readonly string[]): Script =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(pieces.join(''))
  }
const lines =
  (pieces: readonly object[]): Script =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    response.end(pieces.map((piece) => `${JSON.stringify(piece)}\n`).join(''))
  }
const openai: Script = ({ body }, response) => {
  const chunk = (choice: object) =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, ...choice }] })}\n\n`
  if (!String(body).includes('"stream":true'))
    return answerJson(response, {
      id: 'c',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'other' }, finish_reason: 'stop' }],
    })
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(
    `${chunk({ delta: { role: 'assistant', content: 'other' }, finish_reason: null })}${chunk({ delta: {}, finish_reason: 'stop' })}data: [DONE]\n\n`,
  )
}

async function start(types: Readonly<Record<string, Script>>, defaults: object = {}) {
  const servers = await Promise.all(Object.values(types).map(startScripted))
  const backends = Object.keys(types).map((type, index) => ({
    id: type,
    type,
    url: servers[index]?.url ?? '',
    apiKey: 'key-of-the-backend',
    models: [{ name: 'up', as: 'm', priority: index + 1 }],
    health: { enabled: false },
  }))
  const gateway = await startGateway({ backends, defaults })
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`${gateway.url}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'x-api-key': 'key-of-the-client', ...headers },
    })
  return { ...gateway, servers, post }
}

/** With what no parser keeps: spaces, an unknown field, a number beyond doubles. */
const MESSAGE = '{ "model":"m", "max_tokens":5,"stream":true,"x_new":12345678901234567890,  "messages":[{"role":"user","content":"Hi"}]}'

describe('a client of Anthropic before a backend that speaks the same', () => {
  it('is passed through both ways byte for byte but for the model, with its own version of the API', async () => {
    const { post, servers, records, settled } = await start({ anthropic: events(STREAM) })
    const response = await post('/v1/messages', MESSAGE, { 'anthropic-version': '2026-10-21', 'anthropic-beta': 'b' })
    expect(await response.text()).toBe(STREAM.join(''))
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const [request] = servers[0]?.requests ?? []
    expect(String(request?.body)).toBe(MESSAGE.replace('"m"', '"up"'))
    expect(request).toMatchObject({
      path: '/v1/messages',
      headers: { 'x-api-key': 'key-of-the-backend', 'anthropic-version': '2026-10-21', 'anthropic-beta': 'b' },
    })
    await settled(1)
    expect(records[0]).toMatchObject({ status: 200, stream: true, usage: { promptTokens: 5, completionTokens: 7, totalTokens: 12 } })
  })

  it('gets a whole answer as it came', async () => {
    const answer = '{"type":"message", "x_new":12345678901234567890,"usage":{"input_tokens":2,"output_tokens":7}}'
    const whole: Script = (_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
    const { post, servers, records, settled } = await start({ anthropic: whole })
    expect(await (await post('/v1/messages', MESSAGE.replace('true', 'false'))).text()).toBe(answer)
    expect(servers[0]?.requests[0]?.headers['anthropic-version']).toBe('2023-06-01')
    await settled(1)
    expect(records[0]?.usage?.totalTokens).toBe(9)
  })

  it.each([
    ['at once', [OVERLOADED]],
    ['after what only opens the stream', [...OPENING, OVERLOADED]],
    ['by an end without a word', OPENING],
  ])('is answered by another backend, in its dialect, when the stream fails %s', async (_when, pieces) => {
    const { post } = await start({ anthropic: events(pieces), 'openai-compatible': openai })
    const response = await post('/v1/messages', MESSAGE)
    const text = await response.text()
    expect(response.headers.get('x-jairouter-backend')).toBe('openai-compatible')
    expect(text).toContain('"text":"other"')
    expect(text.match(/^event: \w+$/gm)?.at(-1)).toBe('event: message_stop')
    expect(text.match(/message_start/g)).toHaveLength(2)
  })

  it.each([
    ['an error', [...OPENING, CONTENT, OVERLOADED]],
    ['a cut', [...OPENING, CONTENT]],
  ])('is told of %s after the first content by an event, and of no proper end', async (_what, pieces) => {
    const { post, records, settled } = await start({ anthropic: events(pieces), 'openai-compatible': openai })
    const text = await (await post('/v1/messages', MESSAGE)).text()
    expect(text.startsWith([...OPENING, CONTENT].join(''))).toBe(true)
    expect(text.slice([...OPENING, CONTENT].join('').length)).toMatch(
      /^event: error\ndata: \{"type":"error",.*"stream_interrupted".*\}\n\n$/,
    )
    await settled(1)
    expect(records[0]?.code).toBe('stream_interrupted')
  })

  it('reads the backend’s refusals in its own words', async () => {
    const refusing: Script = (_request, response) =>
      void response
        .writeHead(400, { 'content-type': 'application/json' })
        .end('{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: too many"}}')
    const { post } = await start({ anthropic: refusing })
    const response = await post('/v1/messages', MESSAGE)
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { type: 'error', error: { type: 'invalid_request_error', message: 'max_tokens: too many' } },
    ])
  })

  it('is translated all the same where a broken stream is to be completed', async () => {
    const { post, servers } = await start({ anthropic: events(STREAM) }, { retry: { resume: true } })
    const text = await (await post('/v1/messages', MESSAGE)).text()
    expect([text.includes('"text":"Hé"'), text.includes('a_type_of_tomorrow')]).toEqual([true, false])
    expect(String(servers[0]?.requests[0]?.body)).not.toBe(MESSAGE.replace('"m"', '"up"'))
  })
})

describe('a client of Ollama before an Ollama', () => {
  const LINES = [
    { model: 'up', message: { role: 'assistant', content: 'Say "done":true, "error": "x"' }, done: false, x_new: 1 },
    {
      model: 'up',
      message: { role: 'assistant', content: '', tool_calls: [{ function: { name: 'f', arguments: { done: true, error: 'none' } } }] },
      done: false,
    },
    { model: 'up', message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop', prompt_eval_count: 3, eval_count: 4 },
  ]
  const REQUEST = '{"model":"m","messages":[{"role":"user","content":"Hi"}],"options":{"num_ctx":8192},"keep_alive":"1h"}'

  it.each(['ollama', 'ollama-native'])('of type %s is passed through byte for byte', async (type) => {
    const { post, servers, records, settled } = await start({ [type]: lines(LINES) })
    const response = await post('/api/chat', REQUEST)
    expect(await response.text()).toBe(LINES.map((piece) => `${JSON.stringify(piece)}\n`).join(''))
    expect(response.headers.get('content-type')).toBe('application/x-ndjson')
    expect(servers[0]?.requests[0]).toMatchObject({ path: '/api/chat' })
    expect(String(servers[0]?.requests[0]?.body)).toBe(REQUEST.replace('"m"', '"up"'))
    await settled(1)
    expect(records[0]?.usage).toMatchObject({ promptTokens: 3, completionTokens: 4 })
  })

  it('is told of a cut by a line with an error', async () => {
    const { post } = await start({ ollama: lines(LINES.slice(0, 1)) })
    const text = await (await post('/api/chat', REQUEST)).text()
    expect(JSON.parse(text.trim().split('\n').at(-1) ?? '')).toEqual({ error: expect.any(String) as unknown })
  })

  it('is answered by another backend when the first line is an error', async () => {
    const { post } = await start({ ollama: lines([{ error: 'out of memory' }]), 'openai-compatible': openai })
    const text = await (await post('/api/chat', REQUEST)).text()
    expect(text).toContain('"other"')
    expect(JSON.parse(text.trim().split('\n').at(-1) ?? '')).toMatchObject({ done: true, done_reason: 'stop' })
  })

  it('embeds as it came, and generates', async () => {
    const answer = { model: 'up', embeddings: [[0.1, 2]], prompt_eval_count: 2 }
    const { post, servers } = await start({ ollama: (_request, response) => answerJson(response, answer) })
    expect(await (await post('/api/embed', '{"model":"m","input":["a"]}')).json()).toEqual(answer)
    expect(servers[0]?.requests[0]?.path).toBe('/api/embed')
    await post('/api/generate', '{"model":"m","prompt":"a","stream":false}')
    expect(servers[0]?.requests[1]?.path).toBe('/api/generate')
  })
})

it('the cache keeps no answer that was passed through, and gives its own in the client’s dialect', async () => {
  const { post, servers } = await start({ anthropic: events(STREAM) }, { cache: { ttl: '1m' } })
  const asked = async (temperature: number) => {
    const response = await post('/v1/messages', MESSAGE.replace('"stream":true,', `"stream":true,"temperature":${temperature},`))
    return [response.headers.get('x-jairouter-cache'), (await response.text()).includes('a_type_of_tomorrow')]
  }
  // Nothing keeps a sampled answer, so its bytes may as well go through.
  expect([await asked(0.5), await asked(0.5), servers[0]?.requests.length]).toEqual([['miss', true], ['miss', true], 2])
  expect([await asked(0), await asked(0), servers[0]?.requests.length]).toEqual([['miss', false], ['hit', false], 3])
})
