import { Agent } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { RAW_MODEL } from '../support/proofs/answer-wire.ts'
import { askPoisoned, POISONS, startPoisoned, type Poison } from '../support/proofs/poisoned-answers.ts'
import { tally } from '../support/proofs/tally.ts'
import { endsIdle } from '../support/start-fleet.ts'
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
  return { backend, logged: gateway.logged, ask: (number: number) => askPoisoned(gateway.url, agent, number) }
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

  it('again, once a backend has shown that it sends them', async () => {
    const { ask, logged } = await startPoisonedPair('reused')
    // The first to come cannot be told from an answer; what follows it can.
    await tally(20, 1, ask)
    expect((await tally(REQUESTS, 8, ask)).counts).not.toHaveProperty('foreign')
    expect(logged().match(/sends answers that nobody asked for/g)).toHaveLength(1)
  })

  // On one connection an early answer to a question looks like any answer to it: only a connection that is not used
  // again could tell them apart.
  it.fails(`${POISONS.reused}`, async () => {
    const { ask } = await startPoisonedPair('reused')
    const outcomes = [await ask(0), await ask(2)]
    expect(outcomes).not.toContain('foreign')
  })
})
