import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { chat } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { serveFile, temporaryDirectory, type Served } from '../support/run-cli.ts'
import { startSimulatorForTest } from '../support/start-pair.ts'

const TELLS_MODULES = fileURLToPath(new URL('tells-modules.cjs', import.meta.url))

async function serveTraced(nodeOptions: readonly string[], cache: string): Promise<Served> {
  const { url } = await startSimulatorForTest()
  const backends = [{ id: 'a', type: 'openai-compatible', url, models: [{ name: 'sim-chat', as: 'one' }], health: { interval: '1h' } }]
  return serveFile({ server: { drain: { accept: '0ms' } }, backends }, { nodeOptions, env: { NODE_COMPILE_CACHE: cache } })
}

async function modulesOf(served: Served): Promise<readonly string[]> {
  const before = served.stdout().length
  served.kill('SIGUSR2')
  let told: readonly string[] = []
  await eventually(() => {
    const line = /\{"modules":.*\}\n/.exec(served.stdout().slice(before))?.[0]
    expect(line).toBeDefined()
    told = (JSON.parse(line ?? '') as { readonly modules: readonly string[] }).modules
  })
  return told
}

/** What costs most and is not needed before somebody asks for it. */
const NOT_AT_START = [
  // Node's own fetch with all that comes with it, which an `import` of node:http brings along.
  /internal\/deps\/undici/,
  /\/node_modules\/(?:ws|kysely|pg|jose|openid-client|re2js)\//,
  /\/node_modules\/undici\/(?:index|lib\/web\/)/,
  /\/adapters\/codecs\/(?:anthropic|cohere|gemini|ollama|tei)\//,
  /\/dialects\/(?:anthropic|ollama|responses)\/(?:request|stream)/,
  /\/http\/realtime\/realtime-handler/,
  /\/admin\/config\//,
  /\/history\/(?:sqlite|sql)\/.*-(?:session|worker|history)/,
  /\/commands\/|\/simulator\/|\/doctor\//,
]

async function chatOften(served: Served): Promise<void> {
  const statuses = await Promise.all(Array.from({ length: 50 }, async () => (await chat(served.url, { model: 'one' })).status))
  expect(new Set(statuses)).toEqual(new Set([200]))
}

describe('the memory of a start', () => {
  it('goes back to the system once the gateway listens', async () => {
    const served = await serveTraced(['--trace-gc'], await temporaryDirectory())
    await eventually(() => expect(served.stdout()).toMatch(/Mark-Compact \(reduce\) .* testing;/))
  })

  it('is kept low without the optimizing compilers, which work from then on', async () => {
    const served = await serveTraced(['--trace-opt'], await temporaryDirectory())
    const before = served.stdout().length
    await eventually(async () => {
      await chatOften(served)
      expect(served.stdout().slice(before)).toMatch(/completed \w+ .*target MAGLEV/)
    }, 30_000)
  }, 40_000)

  it('writes the cache for the next start while it runs: a process that is killed does not come to it', async () => {
    const cache = await temporaryDirectory()
    await serveTraced([], cache)
    await eventually(async () => expect((await readdir(cache, { recursive: true })).length).toBeGreaterThan(300))
  })

  it('is not taken by what nobody has asked for yet', async () => {
    const served = await serveTraced(['--require', TELLS_MODULES], await temporaryDirectory())
    const atStart = await modulesOf(served)
    expect(atStart.length).toBeGreaterThan(300)
    expect(atStart.filter((module) => NOT_AT_START.some((pattern) => pattern.test(module)))).toEqual([])
    const body = JSON.stringify({ model: 'one', stream: false, messages: [{ role: 'user', content: 'x' }] })
    expect((await fetch(`${served.url}/api/chat`, { method: 'POST', body })).status).toBe(200)
    expect((await modulesOf(served)).some((module) => module.endsWith('/dialects/ollama/ollama-chat.ts'))).toBe(true)
  })
})
