import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defineAdapter } from './definition.ts'
import { credentialHeaders, upstreamPath, withQuery } from './encode.ts'

const classic = defineAdapter('classic', {
  label: 'Deployment paths',
  auth: { scheme: 'header', header: 'api-key' },
  query: { 'api-version': '2024-10-21', note: 'a b&c=d' },
  paths: { chat: '/openai/deployments/{model}/chat/completions', embedding: '/embeddings' },
})
const plain = defineAdapter('plain', { label: 'Plain', paths: { chat: '/v1/chat/completions' } })

describe('upstreamPath', () => {
  test('an endpoint that the backend lacks has no path', () => {
    expect(upstreamPath(plain, 'rerank', 'm')).toBeUndefined()
  })

  test('without {model} and query the path is as defined, whatever the model is called', () => {
    expect(upstreamPath(plain, 'chat', '..')).toBe('/v1/chat/completions')
  })

  test('the model is one encoded segment and the query follows', () => {
    expect(upstreamPath(classic, 'chat', 'org/gpt 4?#%:free')).toBe(
      '/openai/deployments/org%2Fgpt%204%3F%23%25%3Afree/chat/completions?api-version=2024-10-21&note=a%20b%26c%3Dd',
    )
    expect(upstreamPath(classic, 'embedding', 'm')).toBe('/embeddings?api-version=2024-10-21&note=a%20b%26c%3Dd')
  })

  test('a model that is a dot segment cannot leave its place', () => {
    expect(upstreamPath(classic, 'chat', '..')).toBeUndefined()
    expect(upstreamPath(classic, 'chat', '.')).toBeUndefined()
    expect(upstreamPath(classic, 'chat', '...')).toContain('/deployments/.../chat/')
  })

  test('no model name, however odd, throws or changes the number of segments', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff)), (units) => {
        const path = upstreamPath(classic, 'chat', `x${String.fromCharCode(...units)}`)
        expect(new URL(`http://h${path}`).pathname.split('/')).toHaveLength(6)
        expect(path?.split('?')).toHaveLength(2)
      }),
    )
    expect(upstreamPath(classic, 'chat', '\ud800')).toContain('/%EF%BF%BD/')
  })
})

test('withQuery appends to any path of the adapter', () => {
  expect(withQuery(plain, '/v1/models')).toBe('/v1/models')
  expect(withQuery(classic, '/models')).toBe('/models?api-version=2024-10-21&note=a%20b%26c%3Dd')
})

test('credentialHeaders puts the key where the adapter says', () => {
  const keyless = defineAdapter('keyless', { label: 'Keyless', auth: { scheme: 'none' } })
  expect(credentialHeaders(plain, 'k')).toEqual({ authorization: 'Bearer k' })
  expect(credentialHeaders(classic, 'k')).toEqual({ 'api-key': 'k' })
  expect(credentialHeaders(keyless, 'k')).toEqual({})
  for (const adapter of [plain, classic, keyless]) {
    expect(credentialHeaders(adapter, undefined)).toEqual({})
    // An environment variable that is not set leaves an empty key.
    expect(credentialHeaders(adapter, '')).toEqual({})
  }
})
