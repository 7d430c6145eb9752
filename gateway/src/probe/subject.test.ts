import { expect, it } from 'vitest'
import { subjectOf } from './fixtures/subjects.ts'
import { hasKey, withoutKey } from './subject.ts'

const backendOf = (type: string, headers: Readonly<Record<string, string>>, apiKey?: string) =>
  subjectOf(type, { backend: { headers, ...(apiKey === undefined ? {} : { apiKey }) } }).backend

it('has a key of its own, or among its headers', () => {
  expect(hasKey(backendOf('vllm', {}))).toBe(false)
  expect(hasKey(backendOf('vllm', {}, ''))).toBe(false)
  expect(hasKey(backendOf('vllm', {}, 'k'))).toBe(true)
  expect(hasKey(backendOf('vllm', { 'X-Team': 't' }))).toBe(false)
  for (const name of ['Authorization', 'X-API-Key', 'api-key', 'x-goog-api-key', 'xi-api-key', 'Cookie']) {
    expect(hasKey(backendOf('vllm', { [name]: 'k' }))).toBe(true)
  }
})

it('has none where the adapter takes none', () => {
  const { backend } = subjectOf('vllm', { backend: { apiKey: 'k' } })
  expect(hasKey({ ...backend, adapter: { ...backend.adapter, auth: { scheme: 'none' } } })).toBe(false)
})

it('takes the adapter’s own header for a credential', () => {
  const { backend } = subjectOf('vllm', { backend: { headers: { 'X-Token': 'k' } } })
  const adapter = { ...backend.adapter, auth: { scheme: 'header', header: 'x-token' } } as const
  expect([hasKey(backend), hasKey({ ...backend, adapter })]).toEqual([false, true])
  expect(withoutKey({ ...backend, adapter }).headers).toEqual({})
})

it('is asked without its key, with the rest as it was', () => {
  const backend = backendOf('vllm', { Authorization: 'k', 'X-Team': 't' }, 'k')
  const { apiKey: _apiKey, ...rest } = backend
  expect(withoutKey(backend)).toEqual({ ...rest, headers: { 'X-Team': 't' } })
})
