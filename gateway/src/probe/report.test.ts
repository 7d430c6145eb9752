import { describe, expect, it } from 'vitest'
import type { Answer } from './answer.ts'
import { answerOf, listOf, play, serverOf, SERVERS, type Said, type Server } from './fixtures/servers.ts'
import { STRANGER, subjectOf } from './fixtures/subjects.ts'
import { reportOf } from './report.ts'

const keyed = { apiKey: 'key-of-the-test' }
const of = (subject: ReturnType<typeof subjectOf>, server: Server) => reportOf(subject, play(subject, server))

/** vLLM that checks its key. */
const guarded: Server = (asked) => (asked === 'GET /v1/models keyless' ? [401, { error: 'Unauthorized' }] : SERVERS.vllm(asked))

it('says all of a backend that is in order', () => {
  expect(of(subjectOf('vllm', { backend: keyed }), guarded)).toEqual({
    id: 'gpu',
    type: 'vllm',
    url: 'http://10.0.0.5:8000',
    ok: true,
    problems: [],
    warnings: [],
    reachable: { ok: true, ms: 7 },
    health: { path: '/health', status: 200, verdict: 'ok' },
    authenticated: { verdict: 'accepted', keyGiven: true },
    models: { count: 1, names: ['Qwen/Qwen3-8B'], missing: [], unnamed: [] },
    endpoints: [
      { endpoint: 'chat', path: '/v1/chat/completions', verdict: 'present', status: 400 },
      { endpoint: 'completion', path: '/v1/completions', verdict: 'present', status: 400 },
      { endpoint: 'embedding', path: '/v1/embeddings', verdict: 'absent', status: 404 },
      { endpoint: 'rerank', path: '/v1/rerank', verdict: 'absent', status: 404 },
      { endpoint: 'transcription', path: '/v1/audio/transcriptions', verdict: 'absent', status: 404 },
      { endpoint: 'translation', path: '/v1/audio/translations', verdict: 'absent', status: 404 },
    ],
    version: '0.11.0',
    guess: {
      server: 'vLLM',
      type: 'vllm',
      sure: true,
      because: ['owned_by in its model list', 'answers /version', 'its 404 is FastAPI’s', 'its 401 is that of vLLM and SGLang'],
    },
    requests: 10,
  })
})

it('says what it can of an address', () => {
  const report = of(STRANGER, SERVERS.tei)
  expect(report).toMatchObject({
    ok: true,
    authenticated: { verdict: 'not-needed', keyGiven: false },
    models: { count: 1, names: ['BAAI/bge-m3'] },
    endpoints: [
      { endpoint: 'embedding', verdict: 'present', status: 422 },
      { endpoint: 'rerank', path: '/rerank', verdict: 'present', status: 422 },
    ],
    version: '1.9.3',
    guess: { server: 'Text Embeddings Inference', type: 'tei' },
  })
  expect(report).not.toHaveProperty('id')
  expect(report).not.toHaveProperty('type')
})

it('is the URL with its path', () => {
  const subject = subjectOf('vllm', { backend: { origin: 'https://gpu.example', basePath: '/a' } })
  expect(reportOf(subject, []).url).toBe('https://gpu.example/a')
})

describe('a backend that cannot be reached', () => {
  const failed = (path: string, reason: string): Answer => ({
    question: { method: 'GET', path, credential: false },
    outcome: { kind: 'failed', reason, connected: false },
  })

  it('has that one problem, with the first reason', () => {
    const subject = subjectOf('vllm', { named: ['m'], listed: true })
    expect(reportOf(subject, [failed('/health', 'nobody listens there'), failed('/x', 'other')])).toMatchObject({
      ok: false,
      problems: ['not reachable: nobody listens there'],
      reachable: { ok: false, reason: 'nobody listens there' },
      requests: 2,
    })
    expect(reportOf(subject, []).reachable).toEqual({ ok: false, reason: 'not asked' })
  })

  it('but answers one question, is reachable', () => {
    const answers = [failed('/health', 'x'), answerOf('GET /v1/models', listOf('vllm'))]
    expect(reportOf(subjectOf('vllm'), answers).reachable).toEqual({ ok: true, ms: 7 })
  })
})

describe('models', () => {
  const list = (...ids: readonly string[]) => serverOf({ 'GET /v1/models': listOf('x', ids) }, [400])

  it('that the config names and the server has not are missing, the others are not used', () => {
    const report = of(subjectOf('openai-compatible', { named: ['a', 'gone'], listed: true }), list('a', 'b'))
    expect(report.models).toEqual({ count: 2, names: ['a', 'b'], missing: ['gone'], unnamed: ['b'] })
    expect(report).toMatchObject({ ok: false, problems: ['models are missing: gone'] })
  })

  it('are all used where the config does not list them', () => {
    expect(of(subjectOf('openai-compatible', { named: ['a'] }), list('a', 'b')).models).toMatchObject({ missing: [], unnamed: [] })
  })

  it('are one with and without :latest', () => {
    const report = of(subjectOf('ollama', { named: ['bge-m3', 'qwen3:8b'], listed: true }), list('bge-m3:latest', 'qwen3'))
    expect(report.models).toMatchObject({ missing: ['qwen3:8b'], unnamed: ['qwen3'] })
  })

  it('that nobody can list are a problem only where they come from the list', () => {
    const none = serverOf({}, [404])
    const problems = (more: Parameters<typeof subjectOf>[1]) => of(subjectOf('openai-compatible', more), none).problems
    expect(problems({})).toContain('no models: /v1/models answers 404')
    expect(problems({ named: ['m'] }).join()).not.toContain('no models')
    expect(problems({ named: ['m'], listed: true }).join()).not.toContain('models')
    expect(of(STRANGER, none).problems.join()).not.toContain('no models')
    expect(of(subjectOf('openai-compatible'), list()).problems).toEqual(['no models: its list is empty'])
  })

  it('of an adapter without a list are not asked for', () => {
    expect(of(subjectOf('azure-openai', { named: ['d'], listed: true }), serverOf({}, [400])).models).toEqual({
      reason: 'the adapter knows no model list',
      missing: [],
      unnamed: [],
    })
  })
})

describe('the key', () => {
  it('that is refused is the one problem: nothing else was asked', () => {
    const report = of(subjectOf('vllm', { backend: keyed }), serverOf({ 'GET /health': [200] }, [401, { error: 'Unauthorized' }]))
    expect(report).toMatchObject({
      ok: false,
      problems: ['the key is refused (401)'],
      authenticated: { verdict: 'refused', status: 401, keyGiven: true },
      models: { reason: '/v1/models answers 401' },
    })
    expect(report.endpoints[0]).toEqual({
      endpoint: 'chat',
      path: '/v1/chat/completions',
      verdict: 'unknown',
      reason: 'not asked, since the key is refused',
    })
  })

  it('that is missing is a problem', () => {
    expect(of(subjectOf('vllm'), serverOf({ 'GET /health': [200] }, [403])).problems).toEqual(['it wants a key (403), and none is given'])
  })

  it('of which nothing can be told is a problem', () => {
    const report = of(subjectOf('openai', { backend: keyed }), serverOf({ 'GET /v1/models': listOf('x') }, [400]))
    expect(report).toMatchObject({ ok: false, problems: ['whether the key is accepted can’t be told'] })
  })

  it('is not shown where the server sends it back', () => {
    const echo: Said = [200, { data: [{ id: 'm-key-of-the-test', owned_by: 'x' }] }]
    const server = serverOf({ 'GET /v1/models': echo, 'GET /version': [200, { version: '1-key-of-the-test' }] }, [400])
    const report = of(subjectOf('openai-compatible', { backend: keyed, named: ['n'], listed: true }), server)
    expect(report.models).toEqual({ count: 1, names: ['m-***'], missing: ['n'], unnamed: ['m-***'] })
    expect(report.version).toBe('1-***')
    expect(JSON.stringify(report)).not.toContain('key-of-the-test')
  })
})

describe('endpoints', () => {
  it('for what the config uses the backend for are missed', () => {
    const report = of(subjectOf('vllm', { services: new Set(['stt', 'chat', 'rerank']) }), SERVERS.vllm)
    expect(report.problems).toEqual([
      'no endpoint for rerank, which the config uses it for',
      'no endpoint for stt, which the config uses it for',
    ])
    expect(report.endpoints.map(({ endpoint }) => endpoint)).toEqual([
      'chat',
      'completion',
      'embedding',
      'rerank',
      'transcription',
      'translation',
    ])
  })

  it('that were not asked, or answer to one of two, are not missed', () => {
    const server = serverOf({ 'GET /health': [200], 'GET /v1/models': listOf('vllm'), 'POST /v1/audio/translations': [400] }, [404])
    expect(of(subjectOf('vllm', { services: new Set(['stt']) }), server).problems).toEqual([])
    const eleven = of(subjectOf('openai-compatible'), serverOf({ 'GET /v1/models': listOf('x') }, [404]))
    expect(eleven.endpoints.filter(({ reason }) => reason === 'not asked').map(({ endpoint }) => endpoint)).toEqual([
      'imageGeneration',
      'imageEdit',
      'imageVariation',
      'moderation',
    ])
    expect(eleven.requests).toBe(12)
  })
})

describe('health', () => {
  const server = (health: Said) => serverOf({ 'GET /health': health, 'GET /v1/models': listOf('vllm') }, [400])

  it.each([
    [[503, { error: 'Loading model' }], 'warming', ['is still starting: /health answers 503']],
    [[503, 'dead'], 'failed', ['is not well: /health answers 503']],
    [[404], 'ok', []],
  ] satisfies [Said, string, string[]][])('%j is %s', (said, verdict, warnings) => {
    const report = of(subjectOf('vllm'), server(said))
    expect(report).toMatchObject({ ok: true, health: { path: '/health', status: said[0], verdict }, warnings })
  })

  it('is not told where the adapter knows no path', () => {
    expect(of(subjectOf('openai-compatible'), server([200]))).not.toHaveProperty('health')
  })
})

describe('the version', () => {
  const version = (told: unknown, status = 200) =>
    reportOf(subjectOf('vllm'), [answerOf('GET /v1/models', listOf('vllm')), answerOf('GET /version', [status, told])]).version

  it('is a short printable text', () => {
    expect(version({ version: '0.11.0 (abc)' })).toBe('0.11.0 (abc)')
    expect(version({ version: 'v'.repeat(80) })).toBe('v'.repeat(80))
    for (const told of [{ version: 'v'.repeat(81) }, { version: '1\n2' }, { version: ' 1' }, { version: '' }, { version: 1 }, ['1'], 'x']) {
      expect(version(told)).toBeUndefined()
    }
    expect(version({ version: '1' }, 500)).toBeUndefined()
  })

  it('stands where the server has it, or where most have it', () => {
    expect(of(subjectOf('llamacpp'), SERVERS.llamacpp).version).toBe('b6700-abc')
    expect(of(subjectOf('ollama'), SERVERS.ollama).version).toBe('0.33.0')
    expect(reportOf(subjectOf('tei'), [answerOf('GET /version', [200, { version: 'x1' }])]).version).toBe('x1')
    // A guess that is not sure leaves both: this one is vLLM's.
    expect(reportOf(subjectOf('tei'), [answerOf('GET /version', [200, { version: '1' }])]).version).toBe('1')
  })

  it('is not that of a server which another one stands for', () => {
    const answers = [
      answerOf('GET /v1/models', [200, { data: [{ id: 'm', owned_by: 'vllm', services: ['chat'] }] }]),
      answerOf('GET /api/version', [200, { version: '0.33.0' }]),
    ]
    expect(reportOf(STRANGER, answers)).toMatchObject({ guess: { server: 'JAiRouter' } })
    expect(reportOf(STRANGER, answers)).not.toHaveProperty('version')
  })
})

it('warns of a type that is another', () => {
  const { warnings, ok } = of(subjectOf('openai-compatible', { named: ['m'] }), SERVERS.vllm)
  expect(warnings).toEqual([expect.stringMatching(/^type: openai-compatible, but this looks like vLLM \(/)])
  // The model that it lacks is a problem, the type is none.
  expect(ok).toBe(false)
})
