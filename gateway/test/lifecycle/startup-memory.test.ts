import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { chat } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { serveFile, temporaryDirectory, type Served } from '../support/run-cli.ts'
import { startSimulatorForTest } from '../support/start-pair.ts'

async function serveTraced(nodeOptions: readonly string[], cache: string): Promise<Served> {
  const { url } = await startSimulatorForTest()
  const backends = [{ id: 'a', type: 'openai-compatible', url, models: [{ name: 'sim-chat', as: 'one' }], health: { interval: '1h' } }]
  return serveFile({ server: { drain: { accept: '0ms' } }, backends }, { nodeOptions, env: { NODE_COMPILE_CACHE: cache } })
}

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
})
