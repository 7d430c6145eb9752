import { readdirSync } from 'node:fs'
import { adapterSchema } from '@jairouter/contract/adapter'
import { ENDPOINTS, type EndpointId } from '@jairouter/contract/names'
import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { fixture } from './fixtures/fixture.ts'
import { codecOf, loadCodecs } from './codecs/codec-of.ts'
import type { AdapterDefinition } from './definition.ts'
import { upstreamPath, withQuery } from './encode.ts'
import { BUILTIN_ADAPTERS } from './registry.ts'

beforeAll(loadCodecs)

const documentedSchema = z.record(
  z.string(),
  z.strictObject({
    /** What a user would give as `url`; the adapter's own where it has one. */
    root: z.string(),
    chat: z.string().nullable(),
    embedding: z.string().nullable(),
    rerank: z.string().nullable(),
    models: z.array(z.string()),
    health: z.string().nullable(),
  }),
)
const documented = documentedSchema.parse(fixture('documented-urls'))
const adapters = [...BUILTIN_ADAPTERS.values()]

test('every file under builtin/ is registered under its name, and nothing else is', () => {
  const files = readdirSync(new URL('builtin/', import.meta.url)).map((file) => file.replace(/\.ts$/, ''))
  expect([...BUILTIN_ADAPTERS.keys()].sort()).toEqual(files.sort())
  expect(Object.keys(documented).sort()).toEqual(files.sort())
})

describe.each(adapters.map((adapter) => [adapter.id, adapter] as const))('%s', (id, adapter) => {
  const addresses = documented[id]

  test('url + path is the documented address', () => {
    const root = adapter.url ?? addresses?.root
    const address = (endpoint: EndpointId): string | null => {
      const path = pathOf(adapter, endpoint)
      return path === undefined ? null : `${root}${path}`
    }
    expect({
      root,
      chat: address('chat'),
      embedding: address('embedding'),
      rerank: address('rerank'),
      models: (adapter.models?.paths ?? []).map((path) => `${root}${withQuery(adapter, path)}`),
      health: adapter.health === undefined ? null : `${root}${withQuery(adapter, adapter.health.path)}`,
    }).toEqual(addresses)
  })

  test('offers at least one endpoint, each at a path of its own without query or slash at the end', () => {
    const paths = Object.values(adapter.paths)
    expect(paths.length).toBeGreaterThan(0)
    const own = paths.filter((path) => path !== true)
    for (const path of own) expect(path).toMatch(/^\/[^\s?#]*[^/\s?#]$/)
    expect(new Set(own).size).toBe(own.length)
    for (const endpoint of ENDPOINTS) if (endpoint in adapter.paths) expect(pathOf(adapter, endpoint)).toMatch(/^\//)
  })

  test('rewrites only endpoints that it has, and never the model, the messages or the stream', () => {
    for (const [endpoint, rewrite] of Object.entries(adapter.rewrite)) {
      expect(Object.keys(adapter.paths)).toContain(endpoint)
      const touched = [...rewrite.drop, ...Object.keys(rewrite.rename), ...Object.keys(rewrite.defaults)]
      for (const field of ['model', 'messages', 'input', 'prompt', 'stream', 'tools', 'tool_choice', 'response_format']) {
        if (endpoint !== 'imageGeneration') expect(touched).not.toContain(field)
      }
      // A field that is dropped as well as renamed would depend on which comes first.
      expect(rewrite.drop.filter((field) => field in rewrite.rename)).toEqual([])
    }
  })

  test('is frozen all the way down and survives JSON and its schema unchanged', () => {
    const { id: _, ...data } = adapter
    expect(adapterSchema.parse(JSON.parse(JSON.stringify(data)))).toEqual(data)
    expect(unfrozen(adapter)).toEqual([])
  })
})

test('clouds are probed by their model list, with the key and at most once a minute, or not at all', () => {
  const clouds = adapters.filter(({ url }) => url !== undefined)
  expect(clouds.filter(({ health }) => health === undefined).map(({ id }) => id)).toEqual([
    'jina',
    'dashscope',
    'zhipu',
    'minimax',
    'baichuan',
  ])
  for (const { id, health, models, ports } of clouds) {
    if (health !== undefined) expect([id, health]).toEqual([id, { path: models?.paths[0], authenticated: true, minimumIntervalMs: 60_000 }])
    expect(ports).toEqual([])
  }
})

test('the default ports are those of the servers', () => {
  expect(Object.fromEntries(adapters.filter(({ ports }) => ports.length > 0).map(({ id, ports }) => [id, ports]))).toEqual({
    ollama: [11434],
    vllm: [8000],
    gpustack: [80],
    xinference: [9997],
    localai: [8080],
    llamacpp: [8080, 9931],
    sglang: [30000],
    lmstudio: [1234],
  })
})

test('base64 embeddings are asked only of backends that honour them in all current versions', () => {
  expect(adapters.flatMap(({ id, embeddingBase64 }) => (embeddingBase64 === 'native' ? [id] : [])).sort()).toEqual([
    'infinity',
    'llamacpp',
    'openai',
    'tei',
    'vllm',
  ])
})

test('pictures by address are fetched for those that take data alone (backends.md 21.3)', () => {
  expect(adapters.flatMap(({ id, inlinePictures }) => (inlinePictures ? [id] : []))).toEqual([
    'ollama',
    'ollama-native',
    'gemini',
    'moonshot',
  ])
})

test('TEI has its own words for rerank and no top_n, all others have Jina and Cohere’s', () => {
  const own = adapters.filter(({ rerank }) => rerank.documents !== 'documents' || !rerank.topN)
  expect(own.map(({ id, rerank }) => [id, rerank])).toEqual([['tei', { documents: 'texts', returnDocuments: 'return_text', topN: false }]])
})

test('stream_options is neither asked for nor passed on where it is refused', () => {
  const refusing = adapters.filter(({ streamOptions }) => !streamOptions)
  expect(refusing.map(({ id }) => id)).toEqual(['mistral'])
  for (const { rewrite } of refusing) expect(rewrite.chat?.drop).toContain('stream_options')
})

/** Enough for every endpoint that a codec knows. */
const FIELDS = { messages: [{ role: 'user', content: 'a' }], prompt: 'a', input: ['a'], query: 'a', documents: ['a'] }

function pathOf(adapter: AdapterDefinition, endpoint: EndpointId): string | undefined {
  if (adapter.paths[endpoint] !== true) return upstreamPath(adapter, endpoint, 'some-model')
  return codecOf(adapter.wire)?.encode({ endpoint, model: 'some-model', stream: false, fields: FIELDS }).path
}

/** Paths of the objects inside that could be changed. */
function unfrozen(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return []
  const inside = Object.entries(value).flatMap(([name, part]) => unfrozen(part, `${path}/${name}`))
  return Object.isFrozen(value) ? inside : [path, ...inside]
}
