import { describe, expect, it } from 'vitest'
import { BUILTIN_ADAPTERS } from '../adapters/registry.ts'
import type { Answer } from './answer.ts'
import { FINGERPRINTS, typeAt } from './fingerprints.ts'
import { answerOf, listOf, play, SERVERS, type Said } from './fixtures/servers.ts'
import { STRANGER } from './fixtures/subjects.ts'
import { fingerprintOf, guessServer } from './guess.ts'

const ORIGIN = 'http://10.0.0.5:8000'
const guess = (...answers: readonly Answer[]) => guessServer(ORIGIN, answers)
const heard = (asked: string, ...said: Said) => guess(answerOf(asked, said))

describe('servers as they are documented, at an address of which nothing is known', () => {
  it.each([
    ['ollama', 'Ollama', ['answers /api/version']],
    ['vllm', 'vLLM', ['owned_by in its model list', 'answers /version']],
    ['sglang', 'SGLang', ['owned_by in its model list']],
    ['gpustack', 'GPUStack', ['answers /version']],
    ['xinference', 'Xinference', ['answers /status', 'its 404 is FastAPI’s']],
    ['localai', 'LocalAI', ['its models have no owner']],
    ['llamacpp', 'llama.cpp', ['owned_by in its model list', 'answers /props']],
    ['lmstudio', 'LM Studio', ['owned_by in its model list']],
    ['tei', 'Text Embeddings Inference', ['answers /info']],
    ['infinity', 'Infinity', ['owned_by in its model list', 'answers /health', 'its 404 is FastAPI’s']],
  ] as const)('%s', (type, server, because) => {
    expect(guessServer(ORIGIN, play(STRANGER, SERVERS[type]))).toEqual({
      server,
      types: fingerprintOf(type)?.types,
      sure: true,
      because: expect.arrayContaining([...because]),
      byAddress: false,
    })
  })

  it('tgi, for which there is no adapter of its own', () => {
    expect(guessServer(ORIGIN, play(STRANGER, SERVERS.tgi))).toMatchObject({
      server: 'Text Generation Inference',
      types: ['openai-compatible'],
      sure: true,
    })
  })
})

describe('one answer', () => {
  it.each([
    ['JAiRouter', heard('GET /v1/models', 200, { data: [{ id: 'm', owned_by: 'vllm', services: ['chat'] }] })],
    ['JAiRouter', heard('POST /v1/chat/completions', 400, '', { 'x-jairouter-attempts': '1' })],
    ['JAiRouter', heard('GET /version', 404, { error: { message: 'There is nothing at this path', code: 'not_found' } })],
    ['JAiRouter', heard('POST /v1/chat/completions', 400, { error: { message: 'The body is not valid JSON', code: 'invalid_json' } })],
    ['GPUStack', heard('GET /v1/models', 401, { code: 401, reason: 'Unauthorized', message: 'Invalid' })],
    ['GPUStack', heard('GET /v1/models', 200, { items: [], pagination: { page: 1 } })],
    ['LocalAI', heard('GET /x', 404, { error: { code: 404, message: 'Resource not found', type: '' } })],
    ['llama.cpp', heard('GET /x', 404, { error: { code: 404, message: 'File Not Found', type: 'not_found_error' } })],
    ['llama.cpp', heard('GET /health', 200, '', { server: 'llama.cpp' })],
    ['LM Studio', heard('GET /version', 200, { error: 'Unexpected endpoint or method. (GET /version)' })],
    ['LM Studio', heard('GET /api/v0/models', 200, { data: [{ id: 'm', state: 'loaded', arch: 'qwen' }] })],
    ['SGLang', heard('GET /get_model_info', 200, { model_path: 'm' })],
    ['Infinity', heard('GET /health', 200, { unix: 1.5 })],
    ['OpenAI', heard('GET /v1/models', 401, {}, { 'openai-version': '2020-10-01' })],
    ['Anthropic', heard('GET /v1/models?limit=1000', 200, { data: [{ type: 'model', id: 'c', display_name: 'C' }] })],
    [
      'Google Gemini',
      heard('GET /v1beta/models', 200, { models: [{ name: 'models/g', supportedGenerationMethods: ['generateContent'] }] }),
    ],
    ['Cohere', heard('GET /v1/models', 200, { models: [{ name: 'c', endpoints: ['chat'] }] })],
    ['Ollama', heard('GET /v1/models', ...listOf('library'))],
  ])('is enough for %s', (server, guessed) => {
    expect(guessed).toMatchObject({ server, sure: true, byAddress: false })
  })

  it.each([
    ['a server that nobody knows', heard('GET /v1/models', ...listOf('somebody'))],
    ['an empty list', heard('GET /v1/models', 200, { data: [] })],
    [
      'a list of several owners',
      heard('GET /v1/models', 200, {
        data: [
          { id: 'a', owned_by: 'vllm' },
          { id: 'b', owned_by: 'sglang' },
        ],
      }),
    ],
    ['what four servers say', heard('GET /x', 404, { detail: 'Not Found' })],
    ['what two servers say', heard('GET /v1/models', 401, { error: 'Unauthorized' })],
    ['a shape with another status', heard('GET /api/version', 500, { version: '0.33.0' })],
    ['a shape elsewhere', heard('GET /other', 200, { version: '0.33.0' })],
    ['another shape', heard('GET /api/version', 200, { version: 3 })],
    ['a version that is no number', heard('GET /version', 200, { version: 'simulator' })],
    ['a list of strings', heard('GET /v1/models', 200, { data: ['a'] })],
  ])('says nothing that is %s', (_, guessed) => {
    expect(guessed).toBeUndefined()
  })

  it('that is weak makes no guess sure, two of them do', () => {
    const version = answerOf('GET /version', [200, { version: '0.11.0' }])
    expect(guess(version)).toEqual({
      server: 'vLLM',
      types: ['vllm'],
      sure: false,
      because: ['answers /version'],
      byAddress: false,
    })
    expect(guess(answerOf('GET /x', [404, { detail: 'Not Found' }]), version)).toMatchObject({
      server: 'vLLM',
      sure: true,
      because: ['answers /version', 'its 404 is FastAPI’s'],
    })
  })

  it('does not count when it never came', () => {
    const question = { method: 'GET', path: '/api/version', credential: true } as const
    expect(guess({ question, outcome: { kind: 'failed', reason: 'x', connected: true } })).toBeUndefined()
    expect(guess()).toBeUndefined()
  })
})

describe('an address', () => {
  it.each([
    ['https://api.groq.com', 'Groq', ['groq']],
    ['https://api.openai.com', 'OpenAI', ['openai']],
    ['https://res.openai.azure.com', 'Azure OpenAI', ['azure-openai']],
    ['https://res.services.ai.azure.com', 'Azure OpenAI', ['azure-openai']],
    ['https://api.z.ai', 'Zhipu GLM', ['zhipu']],
    ['https://ollama.com', 'Ollama', ['ollama', 'ollama-native']],
  ])('%s is that of %s, whatever is answered', (origin, server, types) => {
    expect(guessServer(origin, [answerOf('GET /v1/models', listOf('vllm'))])).toEqual({
      server,
      types,
      sure: true,
      because: ['by its address'],
      byAddress: true,
    })
  })

  it('of nobody says nothing', () => {
    expect(typeAt('https://openai.azure.com.example')).toBeUndefined()
    expect(typeAt('https://api.openai.com:8443')).toBeUndefined()
  })
})

describe('fingerprints', () => {
  it('name adapters that there are', () => {
    expect(FINGERPRINTS.flatMap(({ types }) => types).filter((type) => !BUILTIN_ADAPTERS.has(type))).toEqual([])
  })

  it('are found by the usual adapter first, then by any', () => {
    expect(fingerprintOf('tei')?.server).toBe('Text Embeddings Inference')
    expect(fingerprintOf('tei-native')?.server).toBe('Text Embeddings Inference')
    expect(fingerprintOf('openai')?.server).toBe('OpenAI')
    expect(fingerprintOf('groq')).toBeUndefined()
  })
})
