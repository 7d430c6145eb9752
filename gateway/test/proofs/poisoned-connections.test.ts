import { Agent } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { RAW_MODEL } from '../support/proofs/answer-wire.ts'
import { askPoisoned, POISONS, startPoisoned, type Poison } from '../support/proofs/poisoned-answers.ts'
import { tally } from '../support/proofs/tally.ts'
import { eventually } from '../support/eventually.ts'
import { readMetrics } from '../support/read-metrics.ts'
import { endsIdle, inParallel } from '../support/start-fleet.ts'
import { startGateway } from '../support/start-gateway.ts'

const SEED = 7
const REQUESTS = 300

async function startPoisonedPair(poison: Poison, keepAlive = true) {
  const backend = await startPoisoned(poison, SEED)
  onTestFinished(() => backend.close())
  const gateway = await startGateway({
    defaults: { breaker: { enabled: false } },
    backends: [{ id: 'poisoned', type: 'openai-compatible', url: backend.url, models: [RAW_MODEL], keepAlive, health: { enabled: false } }],
  })
  endsIdle(gateway)
  const agent = new Agent({ keepAlive: true })
  onTestFinished(() => agent.destroy())
  const unasked = async () => (await readMetrics(gateway.url)).series('jairouter_upstream_unasked_total')
  return { backend, logged: gateway.logged, unasked, ask: (number: number) => askPoisoned(gateway.url, agent, number) }
}

describe('bytes that nobody asked for never reach a client', () => {
  it.each(['longer', 'second'] as const)('in one write with the answer: %s', async (poison) => {
    const { backend, ask } = await startPoisonedPair(poison)
    expect((await tally(REQUESTS, 8, ask)).counts).toEqual({ own: REQUESTS })
    // None is used again.
    expect(backend.made()).toBe(REQUESTS)
  })

  it.each([
    { name: 'a whole answer', bytes: undefined },
    { name: 'the beginning of one', bytes: 20 },
    { name: 'a single byte', bytes: 1 },
  ])('while the connection is idle: $name', async ({ bytes }) => {
    const { backend, ask } = await startPoisonedPair('idle')
    const spoiled = await tally(REQUESTS, 1, async (number) => {
      const outcome = await ask(number)
      // On the wire before the next request is: it is for the gateway to look before it writes.
      await backend.spoil(bytes)
      return outcome
    })
    expect(spoiled.counts).toEqual({ own: REQUESTS })
    expect(backend.made()).toBe(REQUESTS)
  })

  it(`${POISONS.reused}, where connections are not to be used twice`, async () => {
    const { backend, ask } = await startPoisonedPair('reused', false)
    expect((await tally(REQUESTS, 8, ask)).counts).not.toHaveProperty('foreign')
    expect(backend.made()).toBe(REQUESTS)
  })

  it(`${POISONS.reused}: the two come in one read, and neither is believed`, async () => {
    const { ask, logged, unasked } = await startPoisonedPair('reused')
    const outcomes: string[] = []
    await eventually(async () => {
      outcomes.push(await ask(outcomes.length))
      expect(await unasked()).toEqual({ poisoned: 1 })
    })
    // Another try had a connection of its own, as all have from then on.
    outcomes.push(...(await inParallel(REQUESTS, 8, ask)))
    expect(new Set(outcomes)).toEqual(new Set(['own']))
    expect(logged().match(/sends answers that nobody asked for: for 10 minutes/g)).toHaveLength(1)
  })
})
