import { beforeAll, describe, expect, it } from 'vitest'
import { loadCodecs } from '../adapters/codecs/codec-of.ts'
import { defineAdapter } from '../adapters/definition.ts'
import { endpointPaths } from './endpoint-paths.ts'
import { adapterOf } from './fixtures/subjects.ts'

beforeAll(loadCodecs)

describe('endpoints', () => {
  it('stand in the usual order, with the adapter’s query', () => {
    const adapter = defineAdapter('mine', { label: 'Mine', query: { v: '1' }, paths: { rerank: '/r', chat: '/c' } })
    expect(endpointPaths(adapter, 'm')).toEqual([
      { endpoint: 'chat', path: '/c?v=1', ofModel: false },
      { endpoint: 'rerank', path: '/r?v=1', ofModel: false },
    ])
  })

  it('of a template hold the model', () => {
    const adapter = defineAdapter('mine', { label: 'Mine', paths: { chat: '/d/{model}/chat' } })
    expect(endpointPaths(adapter, 'a/b')).toEqual([{ endpoint: 'chat', path: '/d/a%2Fb/chat', ofModel: true }])
    expect(endpointPaths(adapter, '..')).toEqual([{ endpoint: 'chat', path: undefined, ofModel: true }])
  })

  it.each([
    ['ollama-native', ['chat /api/chat', 'completion /api/generate', 'embedding /api/embed'], false],
    ['anthropic', ['chat /v1/messages'], false],
    ['cohere', ['chat /v2/chat', 'embedding /v2/embed', 'rerank /v2/rerank'], false],
    ['tei-native', ['embedding /embed', 'rerank /rerank'], false],
    [
      'gemini',
      [
        'chat /v1beta/models/m:generateContent',
        'completion /v1beta/models/m:generateContent',
        'embedding /v1beta/models/m:batchEmbedContents',
      ],
      true,
    ],
  ])('of %s are where its wire format has them', (type, expected, ofModel) => {
    const paths = endpointPaths(adapterOf(type), 'm')
    expect(paths.map(({ endpoint, path }) => `${endpoint} ${path ?? ''}`)).toEqual(expected)
    expect(paths.every((path) => path.ofModel === ofModel)).toBe(true)
  })

  it('that a wire format has not have no path', () => {
    const adapter = defineAdapter('mine', { label: 'Mine', wire: 'cohere', paths: { speech: true } })
    expect(endpointPaths(adapter, 'm')).toEqual([{ endpoint: 'speech', path: undefined, ofModel: false }])
  })
})
