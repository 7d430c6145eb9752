import { Agent } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { askSimulated } from '../support/proofs/sim-chats.ts'
import { shareOf, tally } from '../support/proofs/tally.ts'
import { LIVELY, startFleet, type Fleet, type FleetConfig, type Member } from '../support/start-fleet.ts'

const HOLDS = 0.999
/** Of these not one may fail. */
const REQUESTS = 600
const WIDTH = 8
/** Each with an address of its own. */
const CLIENTS = 30

async function startThree(member: Member, defaults: FleetConfig['defaults'] = {}) {
  const fleet = await startFleet({ unsteady: member, one: member, two: member }, { defaults })
  const agent = new Agent({ keepAlive: true })
  onTestFinished(() => agent.destroy())
  const ask = (number: number) => {
    const from = `127.0.1.${1 + (number % CLIENTS)}`
    return askSimulated(fleet.url, agent, { number, stream: number % 2 === 1, from })
  }
  return { fleet, ask }
}

/** How calls to the unsteady one failed. */
function failuresOf({ records }: Fleet): string[] {
  const calls = records.flatMap(({ attempts }) => attempts).filter(({ backend }) => backend === 'unsteady')
  return [...new Set(calls.map(({ outcome }) => outcome))].filter((outcome) => outcome !== 'ok').toSorted()
}

describe('one of three backends fails half of its calls', () => {
  it.each(['least-connections', 'round-robin', 'random', 'least-latency', 'ip-hash'] as const)(
    'and clients do not notice: %s',
    async (balance) => {
      const { fleet, ask } = await startThree({ backend: { models: ['sim-chat'] } }, { balance })
      fleet.simulator('unsteady').setFault('sim-chat', { name: 'status', status: 500, rate: 0.5, seed: 3 })
      const asked = await tally(REQUESTS, WIDTH, ask)
      expect(shareOf(asked, 'whole')).toBeGreaterThanOrEqual(HOLDS)
      expect(fleet.posts('unsteady').length).toBeGreaterThan(5)
    },
  )
})

describe('one of three backends comes and goes', () => {
  const FLAPS = 10
  const ANSWERS_BETWEEN = 60

  it('and clients do not notice: it answers 500', async () => {
    const { fleet, ask } = await startThree({ backend: { models: ['sim-chat'], health: LIVELY } }, { breaker: QUICK, slowStart: '0ms' })
    const asked = await tally(FLAPS * ANSWERS_BETWEEN, WIDTH, (number) => {
      const failing = Math.floor(number / ANSWERS_BETWEEN) % 2 === 1
      if (number % ANSWERS_BETWEEN === 0)
        fleet.simulator('unsteady').setFault('sim-chat', failing ? { name: 'status', status: 500 } : undefined)
      return ask(number)
    })
    expect(shareOf(asked, 'whole')).toBeGreaterThanOrEqual(HOLDS)
    expect(failuresOf(fleet)).toEqual(['status_500'])
  })

  it('and clients do not notice: it refuses connections, and breaks those that it has', async () => {
    const { fleet, ask } = await startThree({ backend: { models: ['sim-chat'], health: LIVELY } }, { breaker: QUICK, slowStart: '0ms' })
    let turn = Promise.resolve()
    const asked = await tally(FLAPS * ANSWERS_BETWEEN, WIDTH, (number) => {
      const down = Math.floor(number / ANSWERS_BETWEEN) % 2 === 1
      if (number % ANSWERS_BETWEEN === 0) turn = turn.then(() => fleet.simulator('unsteady').setDown(down))
      return ask(number)
    })
    await turn
    // What had begun to come from it when it fell is told to be broken; everything else is whole.
    expect(Object.keys(asked.counts).filter((outcome) => outcome !== 'whole' && outcome !== 'told')).toEqual([])
    expect(asked.counts['told'] ?? 0).toBeLessThanOrEqual((FLAPS / 2) * WIDTH)
    expect(failuresOf(fleet).length).toBeGreaterThan(0)
  })
})

/** So that it is asked again within a flap. */
const QUICK = { openFor: '10ms', maxOpenFor: '10ms', successes: 1 } as const
