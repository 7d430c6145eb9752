import { describe, expect, it } from 'vitest'
import { refusalOf } from './fixtures/errors-of.ts'
import { psAnswer, showAnswer, tagsAnswer, versionAnswer, type ShownModel } from './model-answers.ts'

const MODELS: readonly ShownModel[] = [
  { id: 'bge-m3:latest', created: 0, ownedBy: 'gpu-1', services: ['embedding', 'rerank'] },
  { id: 'gpt-4o', created: 1_715_367_049, ownedBy: 'openai', services: ['chat'] },
  { id: 'both', created: 1, ownedBy: 'x', services: ['chat', 'embedding'] },
  { id: 'whisper', created: 1, ownedBy: 'openai', services: ['stt', 'tts', 'image', 'imageEdit', 'moderation', 'rerank'] },
]
const details = (family: string) => ({
  parent_model: '',
  format: '',
  family,
  families: [family],
  parameter_size: '',
  quantization_level: '',
})
const GPT = {
  name: 'gpt-4o',
  model: 'gpt-4o',
  size: 0,
  digest: 'a2a69af70d1b9be70f1abf8218492c5e65aea34285462bd65757cd6f44a7c10e',
  details: details('openai'),
}

describe('versionAnswer', () => {
  it('is a release of Ollama that clients take', () => expect(versionAnswer()).toEqual({ version: '0.33.0' }))
})

describe('tagsAnswer', () => {
  it('lists what can be used', () => {
    const { models } = tagsAnswer(MODELS)
    expect(models).toEqual([
      {
        name: 'bge-m3:latest',
        model: 'bge-m3:latest',
        modified_at: '1970-01-01T00:00:00.000Z',
        size: 0,
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        details: details('gpu-1'),
        capabilities: ['embedding'],
      },
      {
        ...GPT,
        modified_at: '2024-05-10T18:50:49.000Z',
        capabilities: ['completion', 'tools', 'vision'],
      },
      expect.objectContaining({ name: 'both', capabilities: ['completion', 'tools', 'vision', 'embedding'] }),
    ])
  })

  it('gives each model a digest of its own that stays', () => {
    const digests = (models: readonly ShownModel[]) => JSON.stringify(tagsAnswer(models)).match(/"digest":"\w+"/g)
    expect(new Set(digests(MODELS)).size).toBe(3)
    expect(digests(MODELS)).toEqual(digests(MODELS.map((model) => ({ ...model, created: 9 }))))
  })

  it('may be empty', () => expect(tagsAnswer([])).toEqual({ models: [] }))
})

describe('psAnswer', () => {
  it('lists the same as loaded', () => {
    const { models } = psAnswer(MODELS)
    expect(models).toHaveLength(3)
    expect(models).toContainEqual({
      ...GPT,
      expires_at: '2318-01-01T00:00:00Z',
      size_vram: 0,
      context_length: 0,
    })
  })
})

describe('showAnswer', () => {
  const gpt = {
    modelfile: '',
    parameters: '',
    template: '',
    details: details('openai'),
    model_info: { 'general.architecture': 'openai', 'general.basename': 'gpt-4o' },
    capabilities: ['completion', 'tools', 'vision'],
    modified_at: '2024-05-10T18:50:49.000Z',
  }

  it('tells of a model', () => {
    expect(showAnswer({ model: 'gpt-4o', name: 'other', verbose: true }, MODELS)).toEqual(gpt)
    expect(showAnswer({ name: 'gpt-4o' }, MODELS)).toEqual(gpt)
    expect(showAnswer({ model: '', name: 'gpt-4o' }, MODELS)).toEqual(gpt)
  })

  it('finds it by either spelling, and shows the name that was asked for', () => {
    const latest = showAnswer({ model: 'gpt-4o:latest' }, MODELS)
    expect(latest).toEqual({ ...gpt, model_info: { 'general.architecture': 'openai', 'general.basename': 'gpt-4o:latest' } })
    expect(showAnswer({ model: 'bge-m3' }, MODELS)['capabilities']).toEqual(['embedding'])
  })

  it.each([
    ['missing_field', {}, 'The field "model" is missing'],
    ['missing_field', { model: null, name: '' }, 'The field "model" is missing'],
    ['invalid_field', { model: 1 }, 'The field "model" must be a name of at most 256 characters'],
    ['invalid_field', { model: 'x'.repeat(257) }, 'The field "model" must be a name of at most 256 characters'],
    ['model_not_found', { model: 'x'.repeat(256) }, `model '${'x'.repeat(256)}' not found`],
    ['model_not_found', { model: 'nobody' }, "model 'nobody' not found"],
    ['model_not_found', { model: 'whisper' }, "model 'whisper' not found"],
  ])('refuses with %s', (code, fields, message) => {
    expect(refusalOf(() => showAnswer(fields, MODELS))).toEqual({ code, param: 'model', message })
  })
})
