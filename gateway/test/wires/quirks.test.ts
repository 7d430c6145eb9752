/** What backends that speak OpenAI's format say otherwise, as documented or captured, and what clients make of it through the gateway. */
import Anthropic from '@anthropic-ai/sdk'
import type { ConfigInput } from '@jairouter/contract/config'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { sse, STREAMS } from '../../src/adapters/repairs/fixtures/streams.ts'
import { chat, messages } from '../support/ask.ts'
import { answerJson, startScripted, type Script } from '../support/scripted-server.ts'
import { dataOf } from '../support/sse-data.ts'
import { startGateway } from '../support/start-gateway.ts'

interface Other {
  readonly script?: Script
  readonly config?: Omit<ConfigInput, 'backends'>
}

/** A gateway before one backend of this type. */
async function start(type: string, script: Script, { script: other, config = {} }: Other = {}) {
  const server = await startScripted(script)
  const second = other === undefined ? undefined : await startScripted(other)
  const backend = (id: string, url: string, priority: number) => ({
    id,
    type,
    url,
    priority,
    apiKey: `key-of-${id}`,
    models: ['m'],
    health: { enabled: false },
  })
  const started = await startGateway({
    ...config,
    backends: [backend('first', server.url, 1), ...(second === undefined ? [] : [backend('second', second.url, 2)])],
  })
  return {
    ...started,
    server,
    sdk: new OpenAI({ apiKey: 'any', baseURL: `${started.url}/v1`, maxRetries: 0 }),
    claude: new Anthropic({ apiKey: 'any', baseURL: started.url, maxRetries: 0 }),
    ask: (more: object = {}) => chat(started.url, { model: 'm', ...more }),
    /** What the backend was asked last. */
    asked: () => JSON.parse(String(server.requests.at(-1)?.body)) as Readonly<Record<string, unknown>>,
  }
}

const streamed =
  (text: string): Script =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(text)
  }
const whole =
  (message: object, more: object = {}, top: object = {}): Script =>
  (_request, response) =>
    answerJson(response, {
      id: 'c',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason: 'stop', ...more }],
      ...top,
    })
const good = whole({ content: 'good' })
const tool = (name: string) => ({ type: 'function' as const, function: { name, parameters: { type: 'object', properties: {} } } })
const bern = { name: 'weather', arguments: '{"city":"Bern"}' }
const basel = { name: 'weather', arguments: '{"city":"Basel"}' }

describe('streamed tool calls arrive at the strict helpers of two SDKs', () => {
  it.each([
    [
      'openai',
      'openai',
      [
        { id: 'call_1', ...bern },
        { id: 'call_2', name: 'now', arguments: '{}' },
      ],
    ],
    ['dashscope', 'dashscope', [{ id: 'call_1', ...bern }]],
    [
      'mistral',
      'mistral',
      [
        { id: 'gSIMJiOkT', ...bern },
        { id: 'hTJNKjPlU', ...basel },
      ],
    ],
    ['mistral', 'mistralHosted', [{ id: 'abcdefghi', ...bern }]],
    [
      'openai-compatible',
      'sameIndex',
      [
        { id: 'a', ...bern },
        { id: 'b', ...basel },
      ],
    ],
    ['sglang', 'sglang', [{ id: 'call_1', name: 'weather', arguments: '{"city": "Bern"}' }]],
    ['gpustack', 'sglang', [{ id: 'call_1', name: 'weather', arguments: '{"city": "Bern"}' }]],
    ['xinference', 'bare', [{ id: expect.stringMatching(/^call_[0-9a-f]{24}$/), name: 'now', arguments: '{}' }]],
  ] as const)('from %s (%s)', async (type, name, expected) => {
    const { sdk, claude, ask } = await start(type, streamed(sse(STREAMS[name])))
    const completion = await sdk.chat.completions
      .stream({ model: 'm', messages: [...messages], tools: [tool('weather'), tool('now')] })
      .finalChatCompletion()
    const [choice] = completion.choices
    expect(choice?.finish_reason).toBe('tool_calls')
    expect(
      choice?.message.tool_calls?.map((call) =>
        'function' in call ? { id: call.id, name: call.function.name, arguments: call.function.arguments } : call,
      ),
    ).toEqual(expected)
    expect(choice?.message.tool_calls?.every(({ type: kind }) => kind === 'function')).toBe(true)
    const message = await claude.messages
      .stream({
        model: 'm',
        max_tokens: 50,
        messages: [...messages],
        tools: ['weather', 'now'].map((name) => ({ name, input_schema: { type: 'object' } })),
      })
      .finalMessage()
    expect(message.stop_reason).toBe('tool_use')
    expect(message.content.flatMap((block) => (block.type === 'tool_use' ? [[block.name, block.input]] : []))).toEqual(
      expected.map(({ name: called, arguments: text }) => [called, JSON.parse(text)]),
    )
    // The helper forgives what other clients put in place of the id and the name that they had.
    expect((await ask({ stream: true })).text).not.toMatch(/"(?:id|name)":(?:""|null)/)
  })
})

/** The text, the reasoning and the end of a streamed answer. */
function read(text: string) {
  const datas = dataOf(text)
  expect(datas.at(-1)).toBe('[DONE]')
  const choices = datas.slice(0, -1).map((data) => {
    const {
      choices: [choice],
    } = JSON.parse(data) as { choices: { delta: Readonly<Record<string, unknown>>; finish_reason?: string | null }[] }
    return choice
  })
  const joined = (field: string) => choices.map((choice) => choice?.delta[field] ?? '').join('')
  return {
    content: joined('content'),
    reasoning_content: joined('reasoning_content'),
    reasoning: joined('reasoning'),
    end: choices.map((choice) => choice?.finish_reason).findLast((reason) => typeof reason === 'string'),
  }
}

const finish = (reason: string) => [
  '{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"a"},"finish_reason":null}]}',
  `{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"${reason}"}]}`,
]
const thinking = { content: 'Grüße', reasoning_content: 'Hm, so.', reasoning: '' }

describe('a stream', () => {
  it.each([
    ['together', finish('eos'), { end: 'stop' }],
    ['zhipu', finish('sensitive'), { end: 'content_filter' }],
    ['openai-compatible', finish('eos_token'), { end: 'stop' }],
    ['openai-compatible', finish('stop_sequence'), { end: 'stop' }],
    ['mistral', STREAMS.parts, { ...thinking, end: 'length' }],
    ['minimax', STREAMS.minimax, { ...thinking, end: 'stop' }],
    ['together', STREAMS.minimax, { ...thinking, end: 'stop' }],
    ['deepseek', STREAMS.deepseek, { ...thinking, end: 'stop' }],
    ['vllm', finish('unheard-of'), { content: 'a', end: 'unheard-of' }],
  ] as const)('of %s is read as OpenAI’s: %#', async (type, datas, expected) => {
    const { ask } = await start(type, streamed(sse(datas)))
    expect(read((await ask({ stream: true })).text)).toMatchObject(expected)
  })

  it.each(['vllm', 'deepseek', 'openrouter', 'openai-compatible', 'mistral'])(
    'of %s that needs no mending passes byte for byte',
    async (type) => {
      const odd =
        'data: {"id":"c",  "choices" : [{"index":0,"delta":{"role":"assistant","content":"Gr\\u00fc\\"tool_calls\\":[1]"},"finish_reason":null,"x":1.50}] }\n\n'
      const text = `${odd}${sse(STREAMS.openai)}`
      const { ask } = await start(type, streamed(text))
      expect((await ask({ stream: true })).text).toBe(text)
    },
  )

  it('of one JSON document is mended, too', async () => {
    const { ask } = await start(
      'mistral',
      whole(
        {
          content: [
            { type: 'thinking', thinking: 'Hm' },
            { type: 'text', text: 'a' },
          ],
        },
        { finish_reason: 'model_length' },
      ),
    )
    expect(read((await ask({ stream: true })).text)).toEqual({ content: 'a', reasoning_content: 'Hm', reasoning: '', end: 'length' })
  })

  it.each([
    ['deepseek', finish('insufficient_system_resource').slice(1)],
    ['zhipu', finish('network_error').slice(1)],
    ['minimax', ['{"id":"c","choices":null,"base_resp":{"status_code":1002,"status_msg":"rate limit"}}']],
    ['groq', ['{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":null}],"x_groq":{"id":"r","error":"over_capacity"}}']],
    [
      'openrouter',
      ['{"id":"c","choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}],"error":{"code":502,"message":"provider down"}}'],
    ],
  ])('of %s that fails before it has said anything is asked elsewhere: %#', async (type, datas) => {
    const { ask } = await start(type, streamed(sse(datas)), { script: streamed(sse(finish('stop'))) })
    expect(read((await ask({ stream: true })).text)).toMatchObject({ content: 'a', end: 'stop' })
  })

  it.each([
    ['deepseek', STREAMS.deepseek],
    [
      'siliconflow',
      [
        '{"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":"a"},"finish_reason":null}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}',
        '{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}',
      ],
    ],
    [
      'moonshot',
      [
        '{"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":"a"},"finish_reason":"stop","usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}]}',
      ],
    ],
    [
      'groq',
      [
        '{"id":"c","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}],"x_groq":{"id":"r","usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}},"usage":{"queue_time":0.1,"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}',
      ],
    ],
    [
      'xai',
      [
        '{"id":"c","choices":[{"index":0,"delta":{"content":"a"}}]}',
        '{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
        '{"id":"c","choices":[],"usage":{"prompt_tokens":307,"completion_tokens":26,"total_tokens":560,"completion_tokens_details":{"reasoning_tokens":227}}}',
      ],
    ],
  ] as const)('of %s has one chunk of usage at its end for whom asked', async (type, datas) => {
    const { ask, records, settled } = await start(type === 'xai' ? 'openai-compatible' : type, streamed(sse(datas)))
    const chunks = dataOf((await ask({ stream: true, stream_options: { include_usage: true } })).text)
      .slice(0, -1)
      .map((data) => JSON.parse(data) as { choices: unknown[]; usage?: { total_tokens: number } })
    const total = type === 'xai' ? 560 : 7
    expect(chunks.filter(({ choices }) => choices.length === 0).map(({ usage }) => usage?.total_tokens)).toEqual([total])
    expect(chunks.at(-1)?.choices).toEqual([])
    await settled(1)
    expect(records[0]?.usage?.totalTokens).toBe(total)
  })
})

describe('emitReasoning', () => {
  const config = { defaults: { emitReasoning: 'none' }, services: { chat: { emitReasoning: 'reasoning' } } } as const

  it.each([
    ['vllm', STREAMS.deepseek, { reasoning_content: '', reasoning: 'Hm, so.' }],
    ['minimax', STREAMS.minimax, { reasoning_content: '', reasoning: 'Hm, so.' }],
    ['openrouter', STREAMS.openrouter, { reasoning_content: '', reasoning: 'Hm, so.' }],
  ] as const)('puts what %s thinks where the client looks, the nearest setting first', async (type, datas, expected) => {
    const { ask } = await start(type, streamed(sse(datas)), { config })
    expect(read((await ask({ stream: true })).text)).toMatchObject({ ...expected, content: 'Grüße' })
  })

  const native: Script = (request, response) => {
    const { stream } = JSON.parse(String(request.body)) as { stream: boolean }
    const line = (message: object, more: object) =>
      `${JSON.stringify({ model: 'm', message: { role: 'assistant', content: '', ...message }, ...more })}\n`
    const end = { done: true, done_reason: 'stop' }
    response.writeHead(200, { 'content-type': stream ? 'application/x-ndjson' : 'application/json' })
    response.end(
      stream ? line({ thinking: 'Hm' }, { done: false }) + line({ content: 'a' }, end) : line({ thinking: 'Hm', content: 'a' }, end),
    )
  }
  it.each([
    ['both', { reasoning_content: 'Hm', reasoning: 'Hm' }],
    ['reasoning', { reasoning: 'Hm' }],
    ['none', {}],
  ] as const)('as %s holds for answers that are translated, whole and streamed', async (emitReasoning, expected) => {
    const { ask } = await start('ollama-native', native, { config: { defaults: { emitReasoning } } })
    const { message } = (JSON.parse((await ask()).text) as { choices: { message: object }[] }).choices[0] ?? {}
    expect(message).toEqual({ role: 'assistant', content: 'a', refusal: null, ...expected })
    expect(read((await ask({ stream: true })).text)).toMatchObject({ content: 'a', reasoning: '', reasoning_content: '', ...expected })
  })
})

describe('a whole answer', () => {
  const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7, cached_tokens: 1 }
  const calls = [{ id: 'x', type: 'function', function: { name: 'f', arguments: '{}' } }]
  const told = { role: 'assistant', content: null }

  it.each([
    ['moonshot', whole({ content: 'a' }, { usage }), { usage }],
    [
      'mistral',
      whole({ tool_calls: [{ id: 'gSIMJiOkT', function: { name: 'f', arguments: '{}' } }] }),
      { choices: [{ finish_reason: 'tool_calls', message: { tool_calls: [{ type: 'function' }] } }] },
    ],
    ['minimax', whole({ content: '<think>\nHm\n</think>\n\na' }), { choices: [{ message: { content: 'a', reasoning_content: 'Hm\n' } }] }],
    [
      'vllm',
      whole({ tool_calls: calls }),
      { choices: [{ index: 0, message: { ...told, tool_calls: calls }, finish_reason: 'tool_calls' }] },
    ],
    ['localai', whole({ tool_calls: calls }, { finish_reason: 'function_call' }), { choices: [{ finish_reason: 'tool_calls' }] }],
    ['vllm', whole({ tool_calls: calls }, { finish_reason: 'length' }), { choices: [{ finish_reason: 'length' }] }],
  ] as const)('of %s is read as OpenAI’s: %#', async (type, script, expected) => {
    const { ask } = await start(type, script)
    expect(JSON.parse((await ask()).text)).toMatchObject(expected)
  })

  it('says stop after a tool that was asked for by name, as OpenAI does, whole and streamed', async () => {
    const choice = { tools: [tool('f')], tool_choice: { type: 'function', function: { name: 'f' } } }
    const plain = await start('vllm', whole({ tool_calls: calls }))
    expect(JSON.parse((await plain.ask(choice)).text)).toMatchObject({ choices: [{ finish_reason: 'stop' }] })
    const text = sse(STREAMS.openai).replace('"finish_reason":"tool_calls"', '"finish_reason":"stop"')
    const stream = await start('vllm', streamed(text))
    expect((await stream.ask({ ...choice, stream: true })).text).toBe(text)
    expect(read((await stream.ask({ tools: [tool('f')], stream: true })).text).end).toBe('tool_calls')
  })

  it('that is as OpenAI’s passes byte for byte', async () => {
    const text =
      '{"id":"c", "choices":[ {"index":0,"message":{"role":"assistant","content":"Gr\\u00fc\\u00dfe"},"finish_reason":"stop","x":1.50} ]}'
    for (const type of ['vllm', 'mistral', 'minimax', 'moonshot']) {
      const { ask } = await start(type, (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(text)
      })
      expect((await ask()).text).toBe(text)
    }
  })

  const failing =
    (body: object): Script =>
    (_request, response) =>
      answerJson(response, body)
  it.each([
    ['openrouter', failing({ error: { code: 429, message: 'busy' } }), 'status_429'],
    ['openrouter', failing({ id: 'c', choices: [], error: { code: 402, message: 'no credits' } }), 'status_402'],
    ['minimax', failing({ choices: null, base_resp: { status_code: 1002, status_msg: 'rate limit' } }), 'status_429'],
    ['minimax', failing({ base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }), 'status_402'],
    ['minimax', failing({ base_resp: { status_code: 1004, status_msg: 'not authorised' } }), 'status_401'],
    ['zhipu', whole({ content: 'half' }, { finish_reason: 'network_error' }), 'upstream_protocol_error'],
    ['groq', whole({ content: 'half' }, {}, { x_groq: { id: 'r', error: 'over_capacity' } }), 'upstream_protocol_error'],
  ] as const)('of %s that is a failure inside of a 200 is asked elsewhere: %#', async (type, script, outcome) => {
    const { ask, records, settled } = await start(type, script, { script: good })
    expect(await ask()).toMatchObject({ status: 200, backend: 'second', attempts: 2 })
    await settled(1)
    expect(records[0]?.attempts.map((attempt) => attempt.outcome)).toEqual([outcome, 'ok'])
  })

  it('of MiniMax that refuses what the client asked is the client’s error', async () => {
    const body = { base_resp: { status_code: 2013, status_msg: 'invalid params' } }
    const { ask, records, settled } = await start('minimax', failing(body), { script: good })
    expect(await ask()).toMatchObject({ status: 400, code: '2013' })
    await settled(1)
    expect(records[0]?.attempts).toHaveLength(1)
  })
})

describe('an account without money', () => {
  it.each([
    ['deepseek', 402, { error: { message: 'Insufficient Balance', type: 'unknown_error', code: 'invalid_request_error' } }],
    ['zhipu', 429, { error: { code: '1113', message: 'arrears' } }],
    ['openai', 429, { error: { message: 'm', type: 'insufficient_quota', param: null, code: 'insufficient_quota' } }],
    ['moonshot', 429, { error: { message: 'm', type: 'exceeded_current_quota_error' } }],
    ['siliconflow', 403, { code: 30001, message: 'balance', data: null }],
    ['openrouter', 402, { error: { code: 402, message: 'credits' } }],
  ] as const)('at %s (%i) is not asked a second time: another one is, and it alone from then on', async (type, status, body) => {
    const poor: Script = (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    const { ask, server } = await start(type, poor, { script: good })
    expect(await ask()).toMatchObject({ status: 200, backend: 'second', attempts: 2 })
    expect(await ask()).toMatchObject({ status: 200, backend: 'second', attempts: 1 })
    expect(server.requests).toHaveLength(1)
    const alone = await start(type, poor)
    expect((await alone.ask()).status).toBeGreaterThanOrEqual(400)
    expect(alone.server.requests).toHaveLength(1)
  })
})

describe('a request', () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } } }
  const format = { type: 'json_schema', json_schema: { name: 'place', schema } }
  const json = { type: 'json_object' }
  const system = expect.objectContaining({ role: 'system', content: expect.stringContaining(JSON.stringify(schema)) })
  const named = { type: 'function', function: { name: 'g' } }
  const user = messages[0]
  const before = { role: 'assistant', content: 'x', reasoning_content: 'old' }
  const bare = { role: 'assistant', content: 'x' }
  const developer = { role: 'developer', content: 's' }
  const called = (id: string, more: object = {}) => [
    { role: 'assistant', content: null, ...more, tool_calls: [{ id, type: 'function', function: { name: 'f', arguments: '{}' } }] },
    { role: 'tool', tool_call_id: id, content: '1' },
  ]

  it.each<readonly [type: string, asked: object, sent: object]>([
    ['openai', { max_tokens: 5 }, { max_completion_tokens: 5, messages }],
    ['azure-openai', { max_tokens: 5 }, { max_completion_tokens: 5, messages }],
    ['vllm', { max_tokens: 5 }, { max_tokens: 5, messages }],
    ['openai-compatible', { max_tokens: 5 }, { max_tokens: 5, messages }],
    ['dashscope', {}, { messages, enable_thinking: false }],
    ['dashscope', { enable_thinking: true }, { messages, enable_thinking: true }],
    ['mistral', { tools: [tool('f')], tool_choice: 'required' }, { messages, tools: [tool('f')], tool_choice: 'any' }],
    ['mistral', { tools: [tool('f'), tool('g')], tool_choice: named }, { messages, tools: [tool('g')], tool_choice: 'any' }],
    ['mistral', { messages: [developer, before, user] }, { messages: [{ role: 'system', content: 's' }, bare, user] }],
    ['mistral', { messages: [user, { ...bare, refusal: null, annotations: [] }] }, { messages: [user, { ...bare, prefix: true }] }],
    ['mistral', { messages: [user, ...called('gSIMJiOkT')] }, { messages: [user, ...called('gSIMJiOkT')] }],
    ['together', { tools: [tool('f')], tool_choice: 'none' }, { messages }],
    ['together', { tools: [tool('f')], tool_choice: 'required' }, { messages, tools: [tool('f')], tool_choice: 'auto' }],
    ['groq', { messages: [{ ...user, name: 'x' }], logit_bias: {} }, { messages }],
    ['openrouter', { messages: [developer, user] }, { messages: [{ role: 'system', content: 's' }, user] }],
    ['deepseek', { response_format: format }, { messages: [system, ...messages], response_format: json }],
    ['zhipu', { response_format: format }, { messages: [system, ...messages], response_format: json }],
    ['moonshot', { response_format: format }, { messages: [system, ...messages], response_format: json }],
    ['minimax', { response_format: format }, { messages: [system, ...messages], response_format: json }],
    ['vllm', { response_format: format }, { messages, response_format: format }],
    [
      'deepseek',
      { messages: [before, user, ...called('a', { reasoning: 'new' })] },
      { messages: [bare, user, ...called('a', { reasoning_content: 'new' })] },
    ],
    [
      'moonshot',
      { messages: [before, user, ...called('a', { reasoning: 'new' })] },
      { messages: [before, user, ...called('a', { reasoning_content: 'new' })] },
    ],
    ['moonshot', { messages: [user, bare] }, { messages: [user, { ...bare, partial: true }] }],
    ['minimax', { messages: [before, user] }, { messages: [{ ...bare, content: '<think>\nold\n</think>\n\nx' }, user] }],
    ['vllm', { messages: [developer, before, user] }, { messages: [developer, before, user] }],
  ])('to %s: %j', async (type, body, sent) => {
    const { ask, asked } = await start(type, good)
    expect((await ask(body)).status).toBe(200)
    expect(asked()).toEqual({ model: 'm', ...sent })
  })

  it('for a stream has no word on thinking that the client did not say', async () => {
    const { ask, asked } = await start('dashscope', streamed(sse(finish('stop'))))
    await ask({ stream: true })
    expect(asked()).toEqual({ model: 'm', messages, stream: true, stream_options: { include_usage: true } })
  })

  it('to Mistral has ids of its kind for calls of another backend, alike for the call and its answer', async () => {
    const { ask, asked } = await start('mistral', good)
    await ask({ messages: [user, ...called('call_0123456789abcdef01234567')] })
    const [, calls, answer] = asked()['messages'] as [unknown, { tool_calls: { id: string }[] }, { tool_call_id: string }]
    expect(answer.tool_call_id).toMatch(/^[0-9A-Za-z]{9}$/)
    expect(calls.tool_calls.map(({ id }) => id)).toEqual([answer.tool_call_id])
  })

  it('to DeepSeek’s V4 has reasoning on every message of the assistant', async () => {
    const server = await startScripted(good)
    const { url } = await startGateway({
      backends: [
        { id: 'd', type: 'deepseek', url: server.url, models: [{ name: 'deepseek-v4-pro', as: 'm' }], health: { enabled: false } },
      ],
    })
    await chat(url, { model: 'm', messages: [before, bare, user] })
    expect(JSON.parse(String(server.requests[0]?.body))).toMatchObject({ messages: [before, { ...bare, reasoning_content: '' }, user] })
  })

  it('whose schema went into the prompt is said to be degraded in the access log, and no other', async () => {
    const { ask, logged, settled } = await start('deepseek', good)
    await ask({})
    await settled(1)
    expect(logged()).not.toContain('degraded')
    await ask({ response_format: format })
    await settled(2)
    expect(logged()).toContain('"degraded":["response_format"]')
  })

  it('keeps the bytes of the client where a table changes nothing', async () => {
    const body = '{ "model":"m", "messages" : [{"role":"user","content":"Gr\\u00fc\\u00dfe"}], "x":1.50 }'
    for (const type of ['openai', 'mistral', 'deepseek', 'moonshot', 'groq']) {
      const { url, server } = await start(type, good)
      await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      expect(String(server.requests[0]?.body)).toBe(body)
    }
  })

  it('in another wire format is rewritten as well, by the fields', async () => {
    const server = await startScripted((_request, response) =>
      answerJson(response, { model: 'm', message: { role: 'assistant', content: 'a' }, done: true, done_reason: 'stop' }),
    )
    const { url } = await startGateway({
      adapters: {
        mine: {
          extends: 'ollama-native',
          rewrite: { chat: { messages: { roles: { developer: 'system' } }, plainDefaults: { temperature: 0.5 } } },
        },
      },
      backends: [{ id: 'o', type: 'mine', url: server.url, models: ['m'], health: { enabled: false } }],
    })
    await chat(url, { model: 'm', messages: [developer, user] })
    expect(JSON.parse(String(server.requests[0]?.body))).toMatchObject({
      messages: [{ role: 'system', content: 's' }, user],
      options: { temperature: 0.5 },
    })
  })
})
