import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AdapterDefinition } from './definition.ts'
import { fixture } from './fixtures/fixture.ts'
import { parseModelList, type DiscoveredModel } from './model-list.ts'
import { BUILTIN_ADAPTERS } from './registry.ts'

function adapterOf(id: string): AdapterDefinition {
  const adapter = BUILTIN_ADAPTERS.get(id)
  if (adapter === undefined) throw new Error(`no adapter ${id}`)
  return adapter
}

/** `null` for services that the backend does not tell, so that the tables below show the difference to none. */
function servicesIn(id: string, file: string): Record<string, unknown> {
  const models = parseModelList(adapterOf(id), fixture(file)) ?? []
  return Object.fromEntries(models.map((model) => [model.id, model.services ?? null]))
}

const generic = adapterOf('openai-compatible')

describe('lists of the servers', () => {
  test.each<[id: string, file: string, expected: DiscoveredModel[]]>([
    [
      'vllm',
      'vllm-models',
      [
        { id: 'Qwen/Qwen3-8B', created: 1_754_000_000, ownedBy: 'vllm' },
        { id: 'sql-lora', created: 1_754_000_000, ownedBy: 'vllm' },
      ],
    ],
    [
      'gpustack',
      'gpustack-models',
      [
        { id: 'qwen3', created: 1_754_000_000, ownedBy: 'gpustack' },
        { id: 'acme/bge-m3', created: 1_754_000_001, ownedBy: 'gpustack' },
      ],
    ],
    [
      'localai',
      'localai-models',
      [
        { id: 'gpt-4', created: 0, ownedBy: 'localai' },
        { id: 'whisper-1', created: 0, ownedBy: 'localai' },
      ],
    ],
    [
      'ollama',
      'ollama-models',
      [
        { id: 'qwen3:8b', created: 1_754_000_000, ownedBy: 'library' },
        { id: 'hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF:Q4_K_M', created: 1_754_000_001, ownedBy: 'bartowski' },
      ],
    ],
    ['llamacpp', 'llamacpp-models', [{ id: '/models/qwen3.gguf', created: 1_754_000_000, ownedBy: 'llamacpp' }]],
    ['sglang', 'sglang-models', [{ id: 'Qwen/Qwen3-8B', created: 1_754_000_000, ownedBy: 'sglang' }]],
    [
      'openai',
      'openai-models',
      [
        { id: 'gpt-5', created: 1_754_425_777, ownedBy: 'system' },
        { id: 'text-embedding-3-small', created: 1_705_948_997, ownedBy: 'system' },
      ],
    ],
    ['tei', 'tei-info-embedding', [{ id: 'BAAI/bge-m3', services: ['embedding'], created: 0, ownedBy: 'tei' }]],
    ['tei', 'tei-info-reranker', [{ id: 'bge-reranker-v2-m3', services: ['rerank'], created: 0, ownedBy: 'tei' }]],
    ['tei', 'tei-info-classifier', [{ id: 'SamLowe/roberta-base-go_emotions', services: [], created: 0, ownedBy: 'tei' }]],
  ])('%s: %s', (id, file, expected) => {
    expect(parseModelList(adapterOf(id), fixture(file))).toEqual(expected)
  })

  test.each<[id: string, file: string, expected: Record<string, string[] | null>]>([
    [
      'xinference',
      'xinference-models',
      {
        qwen3: ['chat'],
        'bge-m3': ['embedding'],
        'bge-reranker-v2-m3': ['rerank'],
        'sd3.5': ['image', 'imageEdit'],
        flux: ['image'],
        whisper: ['stt'],
        cosyvoice: ['tts'],
        'old-audio': ['tts', 'stt'],
        wan: [],
        'my-flexible': [],
      },
    ],
    [
      'localai',
      'localai-capabilities',
      {
        vlm: ['chat'],
        bge: ['embedding'],
        'jina-reranker': ['rerank'],
        parakeet: ['stt'],
        piper: ['tts'],
        flux: ['image'],
        silero: [],
        'loose-file.gguf': null,
      },
    ],
    [
      'lmstudio',
      'lmstudio-v0-models',
      { 'qwen2-vl-7b-instruct': ['chat'], 'meta-llama-3.1-8b-instruct': ['chat'], 'text-embedding-nomic-embed-text-v1.5': ['embedding'] },
    ],
    [
      'infinity',
      'infinity-models',
      {
        'BAAI/bge-small-en-v1.5': ['embedding'],
        'mixedbread-ai/mxbai-rerank-xsmall-v1': ['rerank'],
        'jinaai/jina-clip-v1': ['embedding'],
        'philschmid/tiny-bert-sst2': [],
      },
    ],
    [
      'together',
      'together-models',
      {
        'meta-llama/Llama-3.3-70B-Instruct-Turbo': ['chat'],
        'BAAI/bge-large-en-v1.5': ['embedding'],
        'Salesforce/Llama-Rank-v1': ['rerank'],
        'black-forest-labs/FLUX.1-schnell': ['image'],
        // A moderation model, and no endpoint to reach it by.
        'meta-llama/Meta-Llama-Guard-3-8B': [],
        'cartesia/sonic': ['tts'],
        'unheard-of': null,
      },
    ],
    ['mistral', 'mistral-models', { 'mistral-large-latest': ['chat'], 'voxtral-mini-latest': ['stt'], 'mistral-embed': null }],
    [
      'openrouter',
      'openrouter-models',
      {
        'openai/gpt-5': ['chat'],
        'deepseek/deepseek-r1:free': ['chat'],
        'google/gemini-image': ['chat'],
        'openai/text-embedding-3-small': ['embedding'],
      },
    ],
  ])('what the models of %s are for', (id, file, expected) => {
    expect(servicesIn(id, file)).toEqual(expected)
  })
})

describe('what is not a model list', () => {
  test('GPUStack 0.x answers /v1/models with its management API', () => {
    expect(parseModelList(adapterOf('gpustack'), fixture('gpustack-0x-management'))).toBeUndefined()
  })

  test('LM Studio answers an unknown path with 200', () => {
    expect(parseModelList(adapterOf('lmstudio'), fixture('lmstudio-unknown-path'))).toBeUndefined()
  })

  test.each([
    [null],
    [true],
    [1],
    ['list'],
    [{}],
    [{ data: null }],
    [{ data: { id: 'm' } }],
    [{ data: [1, 'm', null] }],
    [[{ name: 'm' }]],
  ])('%j', (json) => {
    expect(parseModelList(generic, json)).toBeUndefined()
  })

  test.each([[null], [[]], [{}], [{ model_id: 7 }], [{ data: [{ id: 'm' }] }]])('%j for TEI', (json) => {
    expect(parseModelList(adapterOf('tei'), json)).toBeUndefined()
  })
})

describe('doubtful entries', () => {
  const idsOf = (json: unknown): string[] | undefined => parseModelList(generic, json)?.map(({ id }) => id)

  test('an empty list is a list', () => {
    expect(idsOf({ object: 'list', data: [] })).toEqual([])
  })

  test('repetitions, names that could not be shown, and entries that are none are left out', () => {
    const long = 'x'.repeat(256)
    expect(
      idsOf([{ id: 'a' }, { id: 'a' }, { id: '' }, { id: 'b\r\nx-evil: 1' }, { id: long }, { id: `${long}y` }, { id: 7 }, null, 'c']),
    ).toEqual(['a', long])
  })

  test('the first of two with the same name counts', () => {
    expect(
      parseModelList(generic, [
        { id: 'a', created: 1 },
        { id: 'a', created: 2 },
      ]),
    ).toEqual([{ id: 'a', created: 1, ownedBy: 'openai-compatible' }])
  })

  test.each([[-1], ['1754000000'], [null], [{}]])('created: %j becomes 0', (created) => {
    expect(parseModelList(generic, [{ id: 'a', created }])).toEqual([{ id: 'a', created: 0, ownedBy: 'openai-compatible' }])
  })

  test('created loses its fraction, and an owner with control characters is not believed', () => {
    expect(
      parseModelList(generic, JSON.parse('[{"id":"a","created":1754000000.9,"owned_by":"x\\u0000"},{"id":"b","created":1e400}]')),
    ).toEqual([
      { id: 'a', created: 1_754_000_000, ownedBy: 'openai-compatible' },
      { id: 'b', created: 0, ownedBy: 'openai-compatible' },
    ])
  })

  test('words that only qualify a model leave its use open', () => {
    expect(parseModelList(generic, [{ id: 'a', capabilities: ['vision', 'tools'], type: 'model', model_type: 'qwen3' }])).toEqual([
      { id: 'a', created: 0, ownedBy: 'openai-compatible' },
    ])
  })

  test('a list without end is cut', () => {
    const ids = idsOf({ data: Array.from({ length: 10_050 }, (_, index) => ({ id: `m${index}` })) })
    expect(ids).toHaveLength(10_000)
    expect(ids?.at(-1)).toBe('m9999')
  })
})

describe('any JSON at all', () => {
  const adapters = [...BUILTIN_ADAPTERS.values()]
  const field = fc.oneof(
    fc.constantFrom('LLM', 'image', 'audio', 'chat', 'embed', 'constructor', '__proto__', 'toString'),
    fc.array(fc.constantFrom('chat', 'embed', 'text2image', 'classify', '__proto__')),
    fc.jsonValue(),
  )
  const entry = fc.record(
    {
      id: fc.oneof(
        fc.array(fc.nat(0xffff), { maxLength: 300 }).map((units) => String.fromCharCode(...units)),
        fc.jsonValue(),
      ),
      created: field,
      owned_by: field,
      model_type: field,
      model_ability: field,
      capabilities: field,
      type: field,
      architecture: fc.record({ modality: field, output_modalities: field }, { requiredKeys: [] }),
      model_id: field,
      served_model_name: field,
    },
    { requiredKeys: [] },
  )
  const json = fc.oneof(fc.jsonValue(), fc.array(entry), fc.record({ data: fc.array(entry) }), entry)

  test('gives undefined or models that hold what their type says', () => {
    fc.assert(
      fc.property(fc.constantFrom(...adapters), json, (adapter, value) => {
        const models = parseModelList(adapter, value)
        const ids = new Set<string>()
        for (const { id, created, ownedBy, services } of models ?? []) {
          expect(id).toMatch(/^[^\p{Cc}]{1,256}$/u)
          expect(ids.has(id)).toBe(false)
          ids.add(id)
          expect(Number.isSafeInteger(created) || created > Number.MAX_SAFE_INTEGER).toBe(true)
          expect(created).toBeGreaterThanOrEqual(0)
          expect(ownedBy).not.toBe('')
          expect(new Set(services).size).toBe(services?.length ?? 0)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
