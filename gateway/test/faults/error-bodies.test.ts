import { APIError } from 'openai'
import { describe, expect, it } from 'vitest'
import { startScripted } from '../support/scripted-server.ts'
import { errorBodyOf } from '../support/start-faulty.ts'
import { startRelayed, startSimulatorForTest } from '../support/start-pair.ts'

const messages = [{ role: 'user' as const, content: 'x' }]
const CHAT = JSON.stringify({ model: 'sim-chat', messages })

interface Said {
  readonly status: number
  readonly body: string
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A gateway before a backend that says just this, and, if asked for, a healthy one behind. */
async function startSaying(said: Said, options: { second?: boolean } = {}) {
  const backend = await startScripted((_request, response) => {
    response.writeHead(said.status, { 'content-type': said.type ?? 'application/json', ...said.headers })
    response.end(said.body)
  })
  const simulator = options.second === true ? await startSimulatorForTest() : undefined
  const common = { type: 'openai-compatible', models: ['sim-chat'], health: { enabled: false } }
  const relayed = await startRelayed({
    backends: [
      { ...common, id: 'first', url: backend.url, priority: 1 },
      ...(simulator === undefined ? [] : [{ ...common, id: 'second', url: simulator.url, priority: 2 }]),
    ],
  })
  return { ...relayed, backend, simulator, ask: () => relayed.post('/v1/chat/completions', CHAT) }
}

/** Each shape of backends.md 21.8, and what of it a client reads. */
const SHAPES: readonly { readonly who: string; readonly body: unknown; readonly type?: string; readonly expected: object }[] = [
  {
    who: 'OpenAI',
    body: { error: { message: 'too long', type: 'invalid_request_error', param: 'messages', code: 'context_length_exceeded' } },
    expected: { message: 'too long', type: 'invalid_request_error', param: 'messages', code: 'context_length_exceeded' },
  },
  {
    who: 'Azure, no type',
    body: { error: { message: 'no', code: 'content_filter' } },
    expected: { message: 'no', code: 'content_filter' },
  },
  {
    who: 'vLLM',
    body: { error: { message: 'no', type: 'BadRequestError', param: null, code: 400 } },
    expected: { message: 'no', type: 'BadRequestError', code: '400' },
  },
  {
    who: 'llama.cpp',
    body: { error: { code: 400, message: 'exceeds', type: 'exceed_context_size_error', n_ctx: 4_096 } },
    expected: { message: 'exceeds', type: 'exceed_context_size_error', code: '400' },
  },
  {
    who: 'OpenRouter',
    body: { error: { code: 400, message: 'no', metadata: { provider_name: 'x' } } },
    expected: { message: 'no', code: '400' },
  },
  { who: 'Zhipu', body: { error: { code: '1214', message: '参数有误' } }, expected: { message: '参数有误', code: '1214' } },
  {
    who: 'Gemini',
    body: { error: { code: 400, message: 'no', status: 'INVALID_ARGUMENT', details: [] } },
    expected: { message: 'no', type: 'INVALID_ARGUMENT', code: '400' },
  },
  {
    who: 'Gemini in an array',
    body: [{ error: { code: 400, message: 'no', status: 'INVALID_ARGUMENT' } }],
    expected: { message: 'no', type: 'INVALID_ARGUMENT', code: '400' },
  },
  { who: 'Ollama', body: { error: 'model "x" not pulled' }, expected: { message: 'model "x" not pulled', code: null } },
  {
    who: 'TEI',
    body: { error: 'batch too large', error_type: 'Validation' },
    expected: { message: 'batch too large', type: 'Validation' },
  },
  {
    who: 'TEI on /v1',
    body: { message: 'no', code: 422, type: 'Validation' },
    expected: { message: 'no', type: 'Validation', code: '422' },
  },
  {
    who: 'SGLang, Mistral',
    body: { object: 'error', message: 'no', type: 'BadRequestError', param: null, code: 400 },
    expected: { message: 'no', type: 'BadRequestError', code: '400' },
  },
  { who: 'FastAPI', body: { detail: 'no such thing' }, expected: { message: 'no such thing' } },
  {
    who: 'FastAPI’s validation',
    body: { detail: [{ loc: ['body', 'messages'], msg: 'field required', type: 'value_error.missing' }] },
    expected: { message: 'body.messages: field required' },
  },
  { who: 'Cohere', body: { id: 'e-1', message: 'invalid request' }, expected: { message: 'invalid request' } },
  { who: 'SiliconFlow', body: { code: 20_012, message: 'no', data: null }, expected: { message: 'no', code: '20012' } },
  {
    who: 'DashScope',
    body: { code: 'InvalidParameter', message: 'no', request_id: 'r' },
    expected: { message: 'no', code: 'InvalidParameter' },
  },
  {
    who: 'GPUStack',
    body: { code: 400, reason: 'BadRequest', message: 'no' },
    expected: { message: 'no', type: 'BadRequest', code: '400' },
  },
  {
    who: 'Anthropic',
    body: { type: 'error', error: { type: 'invalid_request_error', message: 'no' }, request_id: 'r' },
    expected: { message: 'no', type: 'invalid_request_error' },
  },
  {
    who: 'MiniMax',
    body: { base_resp: { status_code: 2_013, status_msg: 'invalid params' } },
    expected: { message: 'invalid params', code: '2013' },
  },
  { who: 'a bare JSON string', body: 'top_n must be positive', expected: { message: 'top_n must be positive' } },
]

describe('a backend’s refusal of the request reaches the client in OpenAI’s shape', () => {
  it.each(SHAPES)('$who', async ({ body, expected }) => {
    const { ask, client } = await startSaying({ status: 400, body: JSON.stringify(body) })
    const response = await ask()
    const error = errorBodyOf(await response.text())
    expect([response.status, error]).toEqual([400, { type: 'invalid_request_error', param: null, code: null, ...expected }])
    const thrown: unknown = await client.chat.completions.create({ model: 'sim-chat', messages }).catch((reason: unknown) => reason)
    expect(thrown).toBeInstanceOf(APIError)
    expect(thrown).toMatchObject({ status: 400, message: `400 ${error.message}`, code: error.code, type: error.type })
  })

  it.each([
    {
      what: 'text',
      said: { status: 422, type: 'text/plain', body: 'Failed to parse the request body' },
      message: 'Failed to parse the request body',
    },
    {
      what: 'a page',
      said: { status: 400, type: 'text/html', body: '<html><style>b{}</style><h1>Bad\nRequest</h1></html>' },
      message: 'Bad Request',
    },
    { what: 'nothing', said: { status: 422, type: 'text/plain', body: '' }, message: /422/ },
    { what: 'broken JSON', said: { status: 400, body: '{"error":{"mess' }, message: /./ },
    { what: 'JSON without a text', said: { status: 400, body: '{"a":1}' }, message: /400/ },
    { what: 'blanks before the JSON', said: { status: 400, body: '\n\n {"error":{"message":"no"}}' }, message: 'no' },
    { what: 'JSON behind a mark', said: { status: 400, body: '\ufeff{"error":{"message":"no"}}' }, message: 'no' },
    {
      what: 'a text of megabytes',
      said: { status: 400, body: JSON.stringify({ error: { message: 'x'.repeat(3_000_000) } }) },
      message: /^.{1,500}$/s,
    },
  ])('$what', async ({ said, message }) => {
    const { ask } = await startSaying(said)
    const response = await ask()
    const error = errorBodyOf(await response.text())
    expect(response.status).toBe(said.status)
    if (typeof message === 'string') expect(error.message).toBe(message)
    else expect(error.message).toMatch(message)
  })

  it('tells no address and no path of the machine', async () => {
    const body = JSON.stringify({
      error: {
        message: 'connect to http://10.1.2.3:8000/v1/x failed\n  File "/opt/vllm/engine/core.py", line 7, in step',
        type: 't',
        param: null,
        code: null,
      },
    })
    const { ask } = await startSaying({ status: 400, body })
    const { message } = errorBodyOf(await (await ask()).text())
    expect(message).not.toMatch(/10\.1\.2\.3|8000|\/opt\/vllm|\n/)
  })

  it.each(['40', 'x\r\nset-cookie: a=b'])('keeps an odd code as text, not as a header: %j', async (code) => {
    const { ask } = await startSaying({ status: 400, body: JSON.stringify({ error: { message: 'no', code } }) })
    const response = await ask()
    expect(errorBodyOf(await response.text()).code).toBe(code)
    expect(response.headers.get('set-cookie')).toBeNull()
  })
})

describe('a status', () => {
  it.each([400, 413, 415, 422])('%i is a verdict on the request: passed on, asked of nobody else', async (status) => {
    const { ask, simulator } = await startSaying({ status, body: '{"error":{"message":"your fault"}}' }, { second: true })
    const response = await ask()
    expect([response.status, errorBodyOf(await response.text()).message]).toEqual([status, 'your fault'])
    expect(simulator?.seen.filter(({ method }) => method === 'POST')).toEqual([])
  })

  it.each([401, 402, 403, 404, 408, 409, 424, 425, 429, 498, 500, 501, 502, 503, 504, 529, 301, 302, 303, 307, 308, 304])(
    '%i lets another backend be asked',
    async (status) => {
      const { ask, simulator } = await startSaying(
        { status, body: '{"error":{"message":"not me"}}', headers: { location: 'http://127.0.0.1:9/' } },
        { second: true },
      )
      const response = await ask()
      expect([response.status, response.headers.get('x-jairouter-backend')]).toEqual([200, 'second'])
      expect(simulator?.seen.filter(({ method }) => method === 'POST')).toHaveLength(1)
    },
  )

  it.each([401, 403])('%i is the gateway’s own key that is wrong: never the client’s 401 or 403', async (status) => {
    const { ask } = await startSaying({
      status,
      body: '{"error":{"message":"Incorrect API key provided: sk-secret"}}',
      headers: { 'www-authenticate': 'Bearer' },
    })
    const response = await ask()
    const text = await response.text()
    expect([response.status, errorBodyOf(text).code]).toEqual([502, 'upstream_error'])
    expect(text).not.toContain('sk-secret')
    expect(response.headers.get('www-authenticate')).toBeNull()
  })

  it.each([500, 502, 503, 504, 529, 599])('%i gets a fixed text', async (status) => {
    const { ask, gateway } = await startSaying({ status, body: '{"error":{"message":"CUDA out of memory on host gpu-7"}}' })
    const response = await ask()
    const error = errorBodyOf(await response.text())
    expect(response.status).toBe({ 503: 503, 529: 503, 504: 504 }[status] ?? 502)
    expect(error.message).not.toMatch(/CUDA|gpu-7/)
    // Whoever runs the gateway reads it under the request's id.
    await gateway.settled(1)
    expect(gateway.logged()).toContain('CUDA out of memory on host gpu-7')
    expect(gateway.logged()).toContain(response.headers.get('x-request-id') ?? 'no id')
  })

  it('404 is a 404 when nobody else is there', async () => {
    const { ask } = await startSaying({ status: 404, body: '{"detail":"Model not found"}' })
    const response = await ask()
    expect([response.status, errorBodyOf(await response.text())]).toMatchObject([
      404,
      { message: 'Model not found', code: 'model_not_found' },
    ])
  })

  it.each([
    { given: '7', expected: '7' },
    { given: '0', expected: /^[1-9]/ },
    { given: '-5', expected: /^[1-9]/ },
    { given: 'soon', expected: /^[1-9]/ },
    { given: '1e9', expected: /^[1-9]/ },
  ])('429 has a Retry-After that makes sense, whatever the backend’s was: $given', async ({ given, expected }) => {
    const { ask } = await startSaying({ status: 429, body: '{"error":{"message":"slow down"}}', headers: { 'retry-after': given } })
    const response = await ask()
    expect([response.status, errorBodyOf(await response.text()).message]).toEqual([429, 'slow down'])
    expect(response.headers.get('retry-after')).toMatch(expected)
  })
})

describe('a failure within a 200', () => {
  it.each([
    { what: 'an error object', said: { status: 200, body: '{"error":{"code":402,"message":"no credits"}}' } },
    { what: 'an error text', said: { status: 200, body: '{"error":"engine died"}' } },
    {
      what: 'MiniMax’s base_resp',
      said: { status: 200, body: '{"choices":null,"base_resp":{"status_code":1002,"status_msg":"rate limit"}}' },
    },
    { what: 'a page', said: { status: 200, type: 'text/html', body: '<!DOCTYPE html><title>Sign in</title>' } },
    { what: 'a page labelled JSON', said: { status: 200, body: '<!DOCTYPE html><title>Sign in</title>' } },
    { what: 'half a JSON', said: { status: 200, body: '{"id":"c","choices":[{"index":0,"message":{"role":"assis' } },
    { what: 'a number', said: { status: 200, body: '7' } },
    { what: 'nothing', said: { status: 200, body: '' } },
  ])('$what: another backend is asked, or the client gets a 502', async ({ said }) => {
    const alone = await startSaying(said)
    const refused = await alone.ask()
    expect([refused.status, errorBodyOf(await refused.text()).code]).toEqual([502, 'upstream_protocol_error'])
    const pair = await startSaying(said, { second: true })
    const answered = await pair.ask()
    expect([answered.status, answered.headers.get('x-jairouter-backend')]).toEqual([200, 'second'])
    await pair.gateway.settled(1)
    expect(pair.gateway.records).toMatchObject([{ status: 200, attempts: [{ backend: 'first' }, { backend: 'second', outcome: 'ok' }] }])
  })

  it('leaves an answer alone that merely has an empty error', async () => {
    const body = JSON.stringify({
      id: 'c',
      error: null,
      choices: [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }],
    })
    const { ask } = await startSaying({ status: 200, body })
    const response = await ask()
    expect([response.status, await response.text()]).toEqual([200, body])
  })
})
