import { describe, expect, it, onTestFinished } from 'vitest'
import { BUILTIN_ADAPTERS } from '../../src/adapters/registry.ts'
import type { AdapterDefinition } from '../../src/adapters/definition.ts'
import type { Backend } from '../../src/config/snapshot.ts'
import { askOnce, questionHeaders } from '../../src/upstream/ask-once.ts'
import { createPools } from '../../src/upstream/pools.ts'
import { discover, probe } from '../../src/upstream/probe.ts'
import { answerJson, startScripted } from '../support/scripted-server.ts'

function backendAt(url: string, type: string, more: Partial<Backend> = {}): Backend {
  return {
    id: 'b',
    adapter: adapterOf(type),
    origin: url,
    basePath: '',
    headers: {},
    keepAlive: true,
    breaker: {},
    limits: [],
    discover: true,
    refreshMs: 0,
    health: { enabled: true, intervalMs: 0, timeoutMs: 2_000, unhealthyAfter: 1, healthyAfter: 1 },
    ...more,
  }
}

function adapterOf(type: string): AdapterDefinition {
  const adapter = BUILTIN_ADAPTERS.get(type)
  if (adapter === undefined) throw new Error(`no adapter ${type}`)
  return adapter
}

function pool() {
  const pools = createPools()
  onTestFinished(() => pools.destroy())
  return pools.open
}

describe('askOnce', () => {
  const at = (url: string, limitBytes: number) =>
    ({
      backend: backendAt(url, 'vllm', { basePath: '/base' }),
      path: '/x?y=1',
      headers: { accept: '*/*' },
      limitMs: 5_000,
      limitBytes,
    }) as const

  it('gives status, headers and the whole body, asked below the base path', async () => {
    const server = await startScripted((_, response) => answerJson(response, { a: 1 }, { 'x-tag': 'mark' }))
    const answer = await askOnce(pool(), at(server.url, 7))
    expect({ ...answer, body: answer.body.toString() }).toMatchObject({ status: 200, headers: { 'x-tag': 'mark' }, body: '{"a":1}' })
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /base/x?y=1'])
  })

  it('posts what it is told to', async () => {
    const server = await startScripted((_, response) => answerJson(response, {}))
    await askOnce(pool(), { ...at(server.url, 9), method: 'POST', body: Buffer.from('{') })
    expect(server.requests.map(({ method, body }) => `${method} ${body.toString()}`)).toEqual(['POST {'])
  })

  it('fails on an answer beyond the limit, or cuts it where that is wanted', async () => {
    const server = await startScripted((_, response) => answerJson(response, { a: 1 }))
    await expect(askOnce(pool(), at(server.url, 6))).rejects.toThrow('an answer larger than 6 bytes')
    expect((await askOnce(pool(), { ...at(server.url, 6), cut: true })).body.toString()).toBe('{"a":1')
  })

  it('does not follow a redirect', async () => {
    const server = await startScripted((_, response) => void response.writeHead(302, { location: '/elsewhere' }).end())
    expect(await askOnce(pool(), at(server.url, 9))).toMatchObject({ status: 302 })
    expect(server.requests).toHaveLength(1)
  })
})

describe('questionHeaders', () => {
  it('are the adapter’s, then the backend’s own, then the key, all in lower case', () => {
    const backend = backendAt('http://a', 'anthropic', {
      apiKey: 'key-of-the-test',
      headers: { 'Anthropic-Version': '2026-10-21', 'X-Team': 't' },
    })
    const common = {
      accept: 'application/json, */*',
      'accept-encoding': 'identity',
      'anthropic-version': '2026-10-21',
      'x-team': 't',
    }
    expect(questionHeaders(backend, false)).toEqual(common)
    expect(questionHeaders(backend, true)).toEqual({ ...common, 'x-api-key': 'key-of-the-test' })
  })
})

// Anthropic refuses every request without its version: such a backend was never well, and had no models.
it('sends the adapter’s headers with health probes and for the model list', async () => {
  const server = await startScripted((request, response) => {
    if (request.headers['anthropic-version'] === '2023-06-01') answerJson(response, { data: [{ id: 'claude' }] })
    else response.writeHead(400).end()
  })
  const backend = backendAt(server.url, 'anthropic', { apiKey: 'key-of-the-test' })
  const open = pool()
  expect(await probe(open, backend)).toEqual({ kind: 'ok' })
  expect((await discover(open, backend))?.map(({ id }) => id)).toEqual(['claude'])
  expect(server.requests.map(({ headers }) => headers['x-api-key'])).toEqual(['key-of-the-test', 'key-of-the-test'])
})
