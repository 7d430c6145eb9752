import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadCodecs } from '../adapters/codecs/codec-of.ts'
import type { Answer } from './answer.ts'
import { answered, answerOf, listOf, nameOf, play, serverOf, SERVERS, type Said, type Server } from './fixtures/servers.ts'
import { STRANGER, subjectOf, type Given } from './fixtures/subjects.ts'
import { MOST_QUESTIONS, nextQuestion } from './next-question.ts'
import type { Subject } from './subject.ts'

beforeAll(loadCodecs)

const asked = (subject: Subject, server: Server) => play(subject, server).map(({ question }) => nameOf(question))
const keyed: Given = { backend: { apiKey: 'key-of-the-test' } }

describe('the questions to', () => {
  it('vLLM that checks its key: health, models, version, the list without the key, endpoints', () => {
    const open = SERVERS.vllm
    const server: Server = (question) => (question === 'GET /v1/models keyless' ? [401, { error: 'Unauthorized' }] : open(question))
    expect(asked(subjectOf('vllm', keyed), server)).toEqual([
      'GET /health keyless',
      'GET /v1/models',
      'GET /version',
      'GET /v1/models keyless',
      'POST /v1/chat/completions',
      'POST /v1/completions',
      'POST /v1/embeddings',
      'POST /v1/rerank',
      'POST /v1/audio/transcriptions',
      'POST /v1/audio/translations',
    ])
  })

  it('llama.cpp, which lists its models for everyone: an endpoint that is there without the key as well', () => {
    expect(asked(subjectOf('llamacpp', keyed), SERVERS.llamacpp)).toEqual([
      'GET /health keyless',
      'GET /v1/models',
      'GET /props',
      'GET /v1/models keyless',
      'POST /v1/chat/completions',
      'POST /v1/chat/completions keyless',
      'POST /v1/completions',
      'POST /v1/embeddings',
      'POST /v1/rerank',
    ])
  })

  it('a server without a key: nothing twice', () => {
    expect(asked(subjectOf('ollama'), SERVERS.ollama)).toEqual([
      'GET /api/version keyless',
      'GET /v1/models',
      'POST /v1/chat/completions',
      'POST /v1/completions',
      'POST /v1/embeddings',
    ])
  })

  it('a cloud: its list is its health, its address says what it is', () => {
    const groq = subjectOf('groq', { backend: { origin: 'https://api.groq.com', apiKey: 'key-of-the-test' } })
    const server = serverOf({ 'GET /openai/v1/models': listOf('x'), 'GET /openai/v1/models keyless': [401] }, [400])
    expect(asked(groq, server)).toEqual([
      'GET /openai/v1/models',
      'GET /openai/v1/models keyless',
      'POST /openai/v1/chat/completions',
      'POST /openai/v1/embeddings',
      'POST /openai/v1/audio/speech',
      'POST /openai/v1/audio/transcriptions',
      'POST /openai/v1/audio/translations',
    ])
  })

  it('a server without a model list: its health without the key, which takes one', () => {
    const azure = subjectOf('azure-openai', keyed)
    const server = serverOf({ 'GET /openai/v1/models': [200, { data: [] }], 'GET /openai/v1/models keyless': [401] }, [400])
    expect(asked(azure, server).slice(0, 7)).toEqual([
      'GET /openai/v1/models',
      'GET /api/version',
      'GET /version',
      'GET /info',
      'GET /status',
      'GET /openai/v1/models keyless',
      'POST /openai/v1/chat/completions',
    ])
  })

  it('an address: both lists, what tells servers apart, and then what that server has', () => {
    expect(asked(STRANGER, SERVERS.tei)).toEqual([
      'GET /v1/models',
      'GET /models',
      'GET /api/version',
      'GET /version',
      'GET /info',
      'GET /health keyless',
      'POST /v1/embeddings',
      'POST /rerank',
    ])
  })

  it('a server of the config that nothing tells: what its type would answer goes first', () => {
    const server = serverOf({ 'GET /v1/models': listOf('x'), 'GET /health': [200] }, [400])
    expect(asked(subjectOf('llamacpp'), server).slice(0, 8)).toEqual([
      'GET /health keyless',
      'GET /v1/models',
      'GET /props',
      'GET /api/version',
      'GET /version',
      'GET /info',
      'GET /status',
      'POST /v1/chat/completions',
    ])
  })

  it('a backend that is used for rerank: that first', () => {
    const posts = asked(subjectOf('vllm', { services: new Set(['rerank']) }), SERVERS.vllm).filter((name) => name.startsWith('POST'))
    expect(posts[0]).toBe('POST /v1/rerank')
    expect(posts).toHaveLength(6)
  })

  it('a backend with a credential among its headers: its health with it', () => {
    const subject = subjectOf('vllm', { backend: { headers: { Authorization: 'Bearer key-of-the-test' } } })
    expect(asked(subject, SERVERS.vllm)[0]).toBe('GET /health')
  })

  it('Gemini, whose paths hold the model: the first that is listed, and both endpoints of one path once', () => {
    const gemini = subjectOf('gemini', keyed)
    const listed: Said = [200, { models: [{ name: 'models/g-1', supportedGenerationMethods: [] }] }]
    const posts = asked(gemini, serverOf({ 'GET /v1beta/models?pageSize=1000': listed }, [400])).filter((name) => name.startsWith('POST'))
    expect(posts).toEqual([
      'POST /v1beta/models/g-1:generateContent',
      'POST /v1beta/models/g-1:generateContent keyless',
      'POST /v1beta/models/g-1:batchEmbedContents',
    ])
  })
})

describe('a key that is refused', () => {
  it('by the list is not shown again', () => {
    const server = serverOf({ 'GET /health': [200], 'GET /v1/models': [401, { error: 'Unauthorized' }] }, [404])
    expect(asked(subjectOf('vllm', keyed), server)).toEqual([
      'GET /health keyless',
      'GET /v1/models',
      'GET /version keyless',
      'GET /api/version keyless',
      'GET /info keyless',
      'GET /status keyless',
    ])
  })

  it('by an endpoint is not shown to the next', () => {
    const server = serverOf({ 'GET /v1/models': listOf('llamacpp'), 'GET /health': [200] }, [401])
    expect(asked(subjectOf('llamacpp', keyed), server)).toEqual([
      'GET /health keyless',
      'GET /v1/models',
      'GET /props',
      'GET /v1/models keyless',
      'POST /v1/chat/completions',
    ])
  })

  it('by a path that only tells servers apart was not refused', () => {
    const server = serverOf({ 'GET /v1/models': listOf('x'), 'GET /health': [200], 'POST /v1/embeddings': [400] }, [403])
    const names = asked(subjectOf('tei', keyed), serverOf({ 'GET /status': [403] }, [400]))
    expect(names).toContain('GET /status')
    expect(names).toContain('POST /v1/embeddings')
    expect(asked(subjectOf('vllm'), server).at(-1)).toBe('POST /v1/chat/completions')
  })
})

describe('it ends', () => {
  const fail = (path: string, connected: boolean): Answer => ({
    question: { method: 'GET', path, credential: path !== '/health' },
    outcome: { kind: 'failed', reason: 'x', connected },
  })

  it('where nobody listens', () => {
    expect(nextQuestion(subjectOf('vllm'), [fail('/health', false)])).toBeUndefined()
    expect(nextQuestion(subjectOf('vllm'), [answerOf('GET /health keyless', [200]), fail('/v1/models', false)])).toBeUndefined()
  })

  it('after two questions that nobody answers', () => {
    const subject = subjectOf('vllm')
    expect(nextQuestion(subject, [fail('/health', true)])).toEqual({ method: 'GET', path: '/v1/models', credential: true })
    expect(nextQuestion(subject, [fail('/health', true), fail('/v1/models', true)])).toBeUndefined()
    expect(nextQuestion(subject, [answerOf('GET /health keyless', [200]), fail('/v1/models', true)])).toBeDefined()
  })

  it('after twelve questions', () => {
    expect(asked(subjectOf('openai-compatible'), serverOf({}, [400]))).toHaveLength(12)
    expect(MOST_QUESTIONS).toBe(12)
  })

  it('soon, with no question twice, whatever is answered; and a key that was refused is not shown to another endpoint', () => {
    const said = fc.constantFrom<Said>(
      [200],
      [200, {}],
      listOf('vllm'),
      listOf('x'),
      [302],
      [400],
      [401],
      [403],
      [404],
      [405],
      [422],
      [500],
      [503],
    )
    const types = fc.constantFrom('vllm', 'ollama', 'tei', 'openai-compatible', 'gemini', 'cohere', 'azure-openai', 'baichuan', 'gpustack')
    fc.assert(
      fc.property(types, fc.boolean(), fc.array(said, { minLength: 12, maxLength: 12 }), (type, withKey, script) => {
        const subject = subjectOf(type, withKey ? keyed : {})
        const answers: Answer[] = []
        for (const next of script) {
          const question = nextQuestion(subject, answers)
          if (question === undefined) break
          answers.push({ question, outcome: answered(next) })
        }
        expect(nextQuestion(subject, answers)).toBeUndefined()
        const names = answers.map(({ question }) => nameOf(question))
        expect(new Set(names).size).toBe(names.length)
        const refused = answers.findIndex(
          ({ question, outcome }) =>
            question.method === 'POST' && question.credential && outcome.kind === 'answered' && outcome.status === 401,
        )
        if (refused >= 0) expect(names.slice(refused + 1)).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})
