/** Where an operator's URL may lead: what stands in the config is judged when it is read, what a name leads to at each connection. */
import { describe, expect, it } from 'vitest'
import { configSchema } from '@jairouter/contract/config'
import { compile } from '../../src/config/compile.ts'
import { createPools } from '../../src/upstream/pools.ts'
import { createDialer } from '../../src/upstream/dial.ts'
import { askOnce } from '../../src/upstream/ask-once.ts'
import { OPEN_POLICY, type Resolve } from '../../src/upstream/policed-connect.ts'
import { bareBackend } from '../../src/upstream/bare-backend.ts'
import { openaiCompatible } from '../../src/adapters/builtin/openai-compatible.ts'
import { probe } from '../../src/upstream/probe.ts'
import { answerJson, startScripted } from '../support/scripted-server.ts'
import { startFleet } from '../support/start-fleet.ts'
import { whenOver } from '../support/when-over.ts'

const HOSTILE = [
  'http://169.254.169.254',
  'http://169.254.169.254:8000',
  'http://[fd00:ec2::254]',
  'http://100.100.100.200',
  'http://168.63.129.16',
  'http://192.0.0.192',
  'http://metadata.google.internal',
  'http://METADATA.google.internal.',
  'http://metadata.goog',
  'http://0xa9fea9fe',
  'http://2852039166',
  'http://0251.0376.0251.0376',
  'http://169.254.43518',
  'http://[::ffff:169.254.169.254]',
  'http://[::ffff:a9fe:a9fe]',
  'http://[64:ff9b::a9fe:a9fe]',
  'http://[2002:a9fe:a9fe::1]',
  'http://[fe80::1]',
  'http://0.0.0.0:8000',
  'http://0',
  'http://[::]',
  'http://[::ffff:0.0.0.0]',
  'http://224.0.0.1',
  'http://[ff02::1]',
  'http://255.255.255.255',
  'http://user@10.0.0.5',
  'http://user:password@10.0.0.5',
  'http://127.0.0.1:8080',
  'http://localhost:8080',
  'http://0x7f.1:8080',
  'http://2130706433:8080',
]

describe('a config', () => {
  const problemsOf = (url: string, more: object = {}) => {
    const parsed = configSchema.safeParse({ ...more, backends: [{ id: 'a', type: 'vllm', url }] })
    if (!parsed.success) return parsed.error.issues.map(({ path }) => path.join('.'))
    const compiled = compile(parsed.data, new Map(), { generation: 1 })
    return 'problems' in compiled ? compiled.problems.map(({ path }) => path.join('.')) : []
  }

  it.each([...HOSTILE, 'file:///etc/passwd', 'gopher://10.0.0.5', 'unix:/run/docker.sock', 'ftp://10.0.0.5'])('may not name %s', (url) => {
    expect(problemsOf(url)).toEqual(['backends.0.url'])
  })

  it.each(['http://10.0.0.5:8000', 'http://127.0.0.1:11434', 'http://[::1]:8000', 'http://gpu.internal:8000', 'https://api.example.com'])(
    'may name %s',
    (url) => {
      expect(problemsOf(url)).toEqual([])
    },
  )

  it.each(['http://10.0.0.5:8000', 'http://127.0.0.1:11434', 'http://0x7f.1', 'http://[fd00::1]', 'http://localhost'])(
    'may not name %s where private addresses are ruled out',
    (url) => {
      expect(problemsOf(url, { network: { privateAddresses: false } })).toEqual(['backends.0.url'])
    },
  )
})

function answering(...answers: readonly string[]): { readonly resolve: Resolve; readonly count: () => number } {
  let count = 0
  const resolve: Resolve = (_host, callback) => {
    const address = answers[Math.min(count, answers.length - 1)] ?? ''
    count += 1
    queueMicrotask(() => callback(null, [{ address, family: address.includes(':') ? 6 : 4 }]))
  }
  return { resolve, count: () => count }
}

describe('a connection', () => {
  it('is not made where a name is led in the meantime', async () => {
    const server = await startScripted((_request, response) => answerJson(response, {}))
    const { resolve, count } = answering('127.0.0.1', '169.254.169.254', '127.0.0.1')
    const pools = createPools({ resolve })
    whenOver(() => pools.destroy())
    const health = { enabled: true, intervalMs: 0, timeoutMs: 10_000, unhealthyAfter: 1, healthyAfter: 1 }
    const plain = bareBackend(openaiCompatible, { origin: `http://gpu.test:${new URL(server.url).port}`, basePath: '' })
    const backend = { ...plain, keepAlive: false, health }
    expect(await probe(pools.open, backend)).toEqual({ kind: 'ok' })
    expect(await probe(pools.open, backend)).toEqual({ kind: 'failed', reason: 'address_not_allowed' })
    expect(await probe(pools.open, backend)).toEqual({ kind: 'ok' })
    expect([count(), server.requests.length]).toEqual([3, 2])
  })

  it('of a realtime session is held to the same', async () => {
    const { resolve } = answering('169.254.169.254')
    const dial = createDialer(() => OPEN_POLICY, resolve)
    const request = (origin: string) => ({
      backend: bareBackend(openaiCompatible, { origin, basePath: '' }),
      path: '/v1/realtime',
      headers: {},
      protocols: [],
      maximumMessageBytes: 1_000,
    })
    for (const origin of ['http://gpu.test:8000', 'https://gpu.test', 'http://169.254.169.254', 'http://[fe80::1]:8000'])
      await expect(dial(request(origin)).dialed).rejects.toMatchObject({ kind: 'address_not_allowed', unsent: true })
  })

  it('is not made to a port that is closed to backends, whatever the name', async () => {
    const server = await startScripted((_request, response) => answerJson(response, {}))
    const port = Number(new URL(server.url).port)
    const { resolve } = answering('127.0.0.1')
    const pools = createPools({ resolve, policy: () => ({ privateAddresses: true, closedPorts: [port] }) })
    whenOver(() => pools.destroy())
    const backend = bareBackend(openaiCompatible, { origin: `http://gpu.test:${port}`, basePath: '' })
    const exchange = pools.open({ backend, method: 'GET', path: '/', headers: {}, body: undefined })
    await expect(exchange.head).rejects.toMatchObject({ kind: 'address_not_allowed' })
    expect(server.requests).toEqual([])
  })

  it('follows no redirect', async () => {
    const target = await startScripted((_request, response) => answerJson(response, {}))
    const fleet = await startFleet({ a: {} })
    const redirecting = await startScripted(({ method }, response) => {
      response.writeHead(method === 'POST' ? 307 : 302, { location: `${target.url}/latest/meta-data` })
      response.end()
    })
    const backends = [{ id: 'r', type: 'openai-compatible', url: redirecting.url, models: ['sim-chat'] }]
    expect(fleet.apply({ ...fleet.config, backends })).toEqual([])
    expect((await fleet.chat()).status).toBeGreaterThanOrEqual(400)
    expect(target.requests).toEqual([])
  })

  it('that is open already does not outlive the policy that allowed it', async () => {
    const server = await startScripted((_request, response) => answerJson(response, {}))
    const { resolve } = answering('127.0.0.1')
    let policy = OPEN_POLICY
    const pools = createPools({ resolve, policy: () => policy })
    whenOver(() => pools.destroy())
    const backend = bareBackend(openaiCompatible, { origin: `http://gpu.test:${new URL(server.url).port}`, basePath: '' })
    const ask = () => askOnce(pools.open, { backend, path: '/', headers: {}, limitMs: 10_000, limitBytes: 1_000 })
    expect((await ask()).status).toBe(200)
    expect((await ask()).status).toBe(200)
    policy = { ...OPEN_POLICY, privateAddresses: false }
    await expect(ask()).rejects.toMatchObject({ kind: 'address_not_allowed', unsent: true })
    expect(server.requests).toHaveLength(2)
  })
})
