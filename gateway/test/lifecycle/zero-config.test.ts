import { createServer } from 'node:net'
import { configSchema } from '@jairouter/contract/config'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { defineAdapter, type AdapterDefinition } from '../../src/adapters/definition.ts'
import { BUILTIN_ADAPTERS } from '../../src/adapters/registry.ts'
import { createPools } from '../../src/upstream/pools.ts'
import { scanLoopback, type Finding } from '../../src/upstream/scan.ts'
import { describeFindings, textOf } from '../../src/zero-config.ts'
import { chat } from '../support/ask.ts'
import { answerJson, startScripted } from '../support/scripted-server.ts'
import { endsIdle } from '../support/start-fleet.ts'
import { startGateway } from '../support/start-gateway.ts'
import { startSimulatorForTest } from '../support/start-pair.ts'

function adapterAt(id: string, ports: number[], label = id): AdapterDefinition {
  return defineAdapter(id, { label, ports, models: { paths: ['/v1/models'], shape: 'list' } })
}

function scan(adapters: readonly AdapterDefinition[], ownPort = 0): Promise<Finding[]> {
  const pools = createPools()
  onTestFinished(() => pools.destroy())
  return scanLoopback(pools.open, adapters, ownPort)
}

/** A port on which nobody listens. */
async function deadPort(): Promise<number> {
  const simulator = await startSimulatorForTest()
  await simulator.setDown(true)
  return simulator.port
}

describe('scanLoopback', () => {
  it('finds a model server with its models, by asking for nothing but those', async () => {
    const simulator = await startSimulatorForTest({ models: ['one', 'two'] })
    const adapter = adapterAt('mine', [simulator.port])
    const findings = await scan([adapter])
    expect(findings).toMatchObject([{ kind: 'found', port: simulator.port, models: [{ id: 'one' }, { id: 'two' }] }])
    expect(simulator.seen.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /v1/models'])
  })

  it('says of every port what is there, in the order of the ports', async () => {
    const found = await startSimulatorForTest()
    const locked = await startSimulatorForTest({ apiKey: 'secret' })
    const stranger = await startScripted((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end('<h1>Printer</h1>')
    })
    const dead = await deadPort()
    const adapters = [
      adapterAt('found', [found.port]),
      adapterAt('locked', [locked.port]),
      adapterAt('stranger', [stranger.port]),
      adapterAt('nothing', [dead]),
    ]
    const findings = await scan(adapters)
    expect(Object.fromEntries(findings.map(({ port, kind }) => [port, kind]))).toEqual({
      [found.port]: 'found',
      [locked.port]: 'locked',
      [stranger.port]: 'stranger',
      [dead]: 'nothing',
    })
    expect(findings.map(({ port }) => port)).toEqual(findings.map(({ port }) => port).toSorted((a, b) => a - b))
  })

  it('leaves the gateway’s own port out', async () => {
    const simulator = await startSimulatorForTest()
    expect(await scan([adapterAt('mine', [simulator.port])], simulator.port)).toEqual([])
    expect(simulator.seen).toEqual([])
  })

  it.each([['first'], ['second']])('tells by the list whose port it is that two kinds of server share: %s', async (owner) => {
    const server = await startScripted((_, response) => answerJson(response, { data: [{ id: 'm', owned_by: owner }] }))
    const [finding] = await scan([adapterAt('first', [server.port]), adapterAt('second', [server.port])])
    expect(finding).toMatchObject({ kind: 'found', adapter: { id: owner } })
  })

  it('takes the first of two where the list does not say', async () => {
    const server = await startScripted((_, response) => answerJson(response, { data: [{ id: 'm' }] }))
    const [finding] = await scan([adapterAt('first', [server.port]), adapterAt('second', [server.port])])
    expect(finding).toMatchObject({ kind: 'found', adapter: { id: 'first' } })
  })

  it('finds a server that has no models yet', async () => {
    const simulator = await startSimulatorForTest({ models: [] })
    expect(await scan([adapterAt('mine', [simulator.port])])).toMatchObject([{ kind: 'found', models: [] }])
  })

  it('asks the next path where the first has no list', async () => {
    const server = await startScripted(({ path }, response) => {
      if (path === '/models') return answerJson(response, [{ id: 'm' }])
      response.writeHead(404)
      response.end()
    })
    const adapter = defineAdapter('mine', {
      label: 'Mine',
      ports: [server.port],
      models: { paths: ['/v1/models', '/models'], shape: 'list' },
    })
    expect(await scan([adapter])).toMatchObject([{ kind: 'found', models: [{ id: 'm' }] }])
  })

  it('does not wait for ever for what takes a connection and says nothing', async () => {
    const server = createServer(() => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    expect(await scan([adapterAt('mine', [port])])).toMatchObject([{ kind: 'stranger', port }])
  })

  it('does not follow a redirect, and sends no key', async () => {
    const inner = await startSimulatorForTest()
    const server = await startScripted((_, response) => {
      response.writeHead(302, { location: `${inner.url}/v1/models` })
      response.end()
    })
    expect(await scan([adapterAt('mine', [server.port])])).toMatchObject([{ kind: 'stranger' }])
    expect(inner.seen).toEqual([])
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
  })
})

describe('what was found', () => {
  const builtin = (id: string): AdapterDefinition => {
    const adapter = BUILTIN_ADAPTERS.get(id)
    if (adapter === undefined) throw new Error(`There is no adapter ${id}`)
    return adapter
  }

  it('is described, a line for each port', async () => {
    const models = Array.from({ length: 7 }, (_, index) => ({ id: `m${index}`, created: 0, ownedBy: 'x' }))
    const lines = describeFindings([
      { kind: 'found', port: 1, adapter: builtin('vllm'), models },
      { kind: 'found', port: 2, adapter: builtin('ollama'), models: [] },
      { kind: 'locked', port: 3, adapter: builtin('gpustack') },
      { kind: 'nothing', port: 4, adapters: [builtin('localai'), builtin('llamacpp')] },
      { kind: 'stranger', port: 5, adapters: [builtin('sglang')] },
    ])
    expect(lines.map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
      'found 127.0.0.1:1 vLLM: m0, m1, m2, m3, m4, and 2 more',
      'found 127.0.0.1:2 Ollama: no models yet',
      'locked 127.0.0.1:3 GPUStack wants a key: name it in a config file',
      'nothing 127.0.0.1:4 (LocalAI or llama.cpp)',
      'other 127.0.0.1:5 something listens, but no SGLang',
    ])
  })

  it('is a config that serves: two servers of one kind, and nothing of what was not found', async () => {
    const one = await startSimulatorForTest({ models: ['one'] })
    const two = await startSimulatorForTest({ models: ['two'] })
    const findings: Finding[] = [
      { kind: 'found', port: one.port, adapter: builtin('llamacpp'), models: [] },
      { kind: 'found', port: two.port, adapter: builtin('llamacpp'), models: [] },
      { kind: 'locked', port: 3, adapter: builtin('gpustack') },
      { kind: 'nothing', port: 4, adapters: [builtin('ollama')] },
    ]
    const { backends, server } = configSchema.parse(parse(textOf(findings)))
    expect(backends.map(({ id, type, url }) => `${id} ${type} ${url}`)).toEqual([
      `llamacpp llamacpp ${one.url}`,
      `llamacpp-${two.port} llamacpp ${two.url}`,
    ])
    expect(server).toMatchObject({ host: '127.0.0.1', port: 8080 })
    const gateway = await startGateway({ backends: backends.map(({ id, type, url = '' }) => ({ id, type, url })) })
    endsIdle(gateway)
    expect(await chat(gateway.url, { model: 'one' })).toMatchObject({ status: 200, backend: 'llamacpp' })
    expect(await chat(gateway.url, { model: 'two' })).toMatchObject({ status: 200, backend: `llamacpp-${two.port}` })
  })
})
