import { userAdapterSchema, type UserAdapter } from '@jairouter/contract/adapter'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { BUILTIN_ADAPTERS, resolveAdapters, unknownAdapterMessage } from './registry.ts'

/** As the config file's schema hands it over. */
function resolve(input: Record<string, unknown>): ReturnType<typeof resolveAdapters> {
  return resolveAdapters(z.record(z.string(), userAdapterSchema).parse(input))
}

describe('resolveAdapters', () => {
  test('without any of the user’s there are the built-in ones', () => {
    expect(resolve({})).toEqual({ adapters: BUILTIN_ADAPTERS, problems: [] })
  })

  test('a complete definition gets the defaults, and its id for a label', () => {
    const { adapters, problems } = resolve({ mine: { paths: { chat: '/chat' } } })
    expect(problems).toEqual([])
    expect(adapters.get('mine')).toEqual({
      id: 'mine',
      label: 'mine',
      wire: 'openai',
      ports: [],
      auth: { scheme: 'bearer' },
      headers: {},
      query: {},
      paths: { chat: '/chat' },
      rewrite: {},
      native: {},
      answers: { finishReasons: {}, toolCalls: 'native', contentParts: false, thinkTags: false, usageInChoices: false },
      inlinePictures: false,
      statusAs: {},
      codeAs: {},
      streamOptions: true,
      embeddingBase64: 'emulate',
      rerank: { documents: 'documents', returnDocuments: 'return_documents', topN: true },
    })
  })

  test('fields that are given replace the base’s as a whole, the others are its own', () => {
    const { adapters, problems } = resolve({
      mine: { extends: 'ollama', paths: { chat: '/proxy/chat' }, headers: { 'x-team': 'a' }, streamOptions: false },
    })
    expect(problems).toEqual([])
    expect(adapters.get('mine')).toEqual({
      ...BUILTIN_ADAPTERS.get('ollama'),
      id: 'mine',
      paths: { chat: '/proxy/chat' },
      headers: { 'x-team': 'a' },
      streamOptions: false,
    })
    expect(BUILTIN_ADAPTERS.get('ollama')?.paths).toHaveProperty('embedding')
  })

  test('a field left undefined is not given', () => {
    const input: UserAdapter = { extends: 'tei', label: undefined, rerank: undefined }
    expect(resolveAdapters({ mine: input }).adapters.get('mine')).toEqual({ ...BUILTIN_ADAPTERS.get('tei'), id: 'mine' })
  })

  test('extends another of the user’s, declared before or after', () => {
    const { adapters, problems } = resolve({
      leaf: { extends: 'middle', label: 'Leaf' },
      middle: { extends: 'vllm', auth: { scheme: 'header', header: 'x-key' } },
    })
    expect(problems).toEqual([])
    expect(adapters.get('leaf')).toEqual({
      ...BUILTIN_ADAPTERS.get('vllm'),
      id: 'leaf',
      label: 'Leaf',
      auth: { scheme: 'header', header: 'x-key' },
    })
  })

  test('what comes out is frozen', () => {
    const adapter = resolve({ mine: { paths: { chat: '/chat' }, rewrite: { chat: { drop: ['user'] } } } }).adapters.get('mine')
    expect(Object.isFrozen(adapter)).toBe(true)
    expect(Object.isFrozen(adapter?.rewrite.chat?.drop)).toBe(true)
  })

  test('an unknown base is named with the nearest known one; those that build on it are left out silently', () => {
    const { adapters, problems } = resolve({
      first: { extends: 'vlm' },
      second: { extends: 'first' },
      third: { extends: 'secnod' },
      fourth: { extends: 'nothing-like-it' },
    })
    expect(problems).toEqual([
      { path: ['adapters', 'first', 'extends'], message: 'unknown adapter "vlm"; did you mean "vllm"?' },
      { path: ['adapters', 'third', 'extends'], message: 'unknown adapter "secnod"; did you mean "second"?' },
      { path: ['adapters', 'fourth', 'extends'], message: 'unknown adapter "nothing-like-it"' },
    ])
    expect(adapters).toEqual(BUILTIN_ADAPTERS)
  })

  test('names that every object has are no adapters', () => {
    expect(resolve({ mine: { extends: 'constructor' } }).problems).toEqual([
      { path: ['adapters', 'mine', 'extends'], message: 'unknown adapter "constructor"' },
    ])
  })

  test('a circle is one problem, told at the first of it that is met', () => {
    const { adapters, problems } = resolve({
      outside: { extends: 'a' },
      a: { extends: 'b' },
      b: { extends: 'c' },
      c: { extends: 'a' },
      self: { extends: 'self' },
      fine: { extends: 'groq' },
    })
    expect(problems).toEqual([
      { path: ['adapters', 'a', 'extends'], message: 'adapters extend each other in a circle: a -> b -> c -> a' },
      { path: ['adapters', 'self', 'extends'], message: 'adapters extend each other in a circle: self -> self' },
    ])
    expect([...adapters.keys()]).toEqual([...BUILTIN_ADAPTERS.keys(), 'fine'])
  })

  test('a built-in adapter keeps its meaning', () => {
    const { adapters, problems } = resolve({ vllm: { extends: 'vllm', label: 'Changed' }, mine: { extends: 'vllm' } })
    expect(problems).toEqual([
      { path: ['adapters', 'vllm'], message: '"vllm" is a built-in adapter; give yours another name and let it extend "vllm"' },
    ])
    expect(adapters.get('vllm')).toBe(BUILTIN_ADAPTERS.get('vllm'))
    expect(adapters.get('mine')?.label).toBe('vLLM')
  })

  test('a definition with nothing to call is a problem', () => {
    expect(resolve({ mine: { label: 'Mine' } }).problems).toEqual([
      { path: ['adapters', 'mine'], message: 'names no endpoint under "paths" and extends no other adapter, so it could serve nothing' },
    ])
  })

  test('what slipped past the config’s schema is a problem at its place', () => {
    const { problems } = resolveAdapters({ mine: { paths: { chat: 'no-slash' } } })
    expect(problems).toEqual([{ path: ['adapters', 'mine', 'paths', 'chat'], message: 'expected a path that begins with /' }])
  })
})

test('unknownAdapterMessage serves a backend’s type as well', () => {
  expect(unknownAdapterMessage('Olama', BUILTIN_ADAPTERS.keys())).toBe('unknown adapter "Olama"; did you mean "ollama"?')
})
