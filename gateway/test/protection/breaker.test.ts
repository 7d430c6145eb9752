import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { readMetrics } from '../support/read-metrics.ts'
import { countOf, inParallel, QUIET, startFleet, type Fleet } from '../support/start-fleet.ts'

/** Health takes no notice, so that only the breaker can tell. */
const UNMOVED = { ...QUIET, unhealthyAfter: 100 } as const
const PATIENT = { openFor: '1h', maxOpenFor: '1h' } as const

async function breakerOf({ url }: Fleet, instance: string): Promise<number | undefined> {
  const { samples } = await readMetrics(url)
  return samples.find(({ name, labels }) => name === 'jairouter_breaker_state' && labels['model_instance'] === instance)?.value
}

describe('a circuit breaker', () => {
  it('opens after five failures in a row: the instance is not asked any more, no client notices', async () => {
    const fleet = await startFleet(
      { bad: { backend: { health: UNMOVED, models: ['sim-chat'] } }, good: { backend: { models: ['sim-chat'] } } },
      { defaults: { balance: 'round-robin', breaker: PATIENT } },
    )
    fleet.simulator('bad').setFault('sim-chat', { name: 'status', status: 500 })
    const answers = []
    for (let index = 0; index < 40; index += 1) answers.push(await fleet.chat({ stream: index % 2 === 0 }))
    expect(countOf(answers.map(({ status, backend }) => `${status} ${backend}`))).toEqual({ '200 good': 40 })
    expect(fleet.posts('bad')).toHaveLength(5)
    expect(await breakerOf(fleet, 'bad/sim-chat')).toBe(2)
    expect(await breakerOf(fleet, 'good/sim-chat')).toBe(0)
  })

  it('opens at half of the calls failing, also where failures never come in a row of five', async () => {
    const fleet = await startFleet(
      {
        bad: { backend: { health: UNMOVED, models: ['sim-chat'] } },
        one: { backend: { models: ['sim-chat'] } },
        two: { backend: { models: ['sim-chat'] } },
      },
      { defaults: { balance: 'round-robin', breaker: { ...PATIENT, consecutive: 1_000 } } },
    )
    fleet.simulator('bad').setFault('sim-chat', { name: 'status', status: 500, rate: 0.6, seed: 1 })
    const answers = await inParallel(300, 4, () => fleet.chat())
    expect(countOf(answers.map(({ status }) => String(status)))).toEqual({ '200': 300 })
    expect(fleet.posts('bad').length).toBeLessThan(60)
    expect(await breakerOf(fleet, 'bad/sim-chat')).toBe(2)
  })

  it.each([400, 404, 413, 422])('does not open for what is the client’s fault or nobody’s: %i', async (status) => {
    const fleet = await startFleet({ one: { backend: { models: ['sim-chat'] } }, two: { backend: { models: ['sim-chat'] } } })
    for (const id of ['one', 'two']) fleet.simulator(id).setFault('sim-chat', { name: 'status', status })
    for (let index = 0; index < 10; index += 1) await fleet.chat()
    expect([await breakerOf(fleet, 'one/sim-chat'), await breakerOf(fleet, 'two/sim-chat')]).toEqual([0, 0])
  })

  it('never holds out more than half of a pool, nor the last one', async () => {
    const members = {
      a: { backend: { health: UNMOVED, models: ['sim-chat'] } },
      b: { backend: { health: UNMOVED, models: ['sim-chat'] } },
      c: { backend: { health: UNMOVED, models: ['sim-chat'] } },
    }
    const fleet = await startFleet(members, { defaults: { breaker: PATIENT } })
    for (const id of Object.keys(members)) fleet.simulator(id).setFault('sim-chat', { name: 'status', status: 500 })
    const answers = await inParallel(100, 4, () => fleet.chat())
    expect(countOf(answers.map(({ status, code }) => `${status} ${code}`))).toEqual({ '502 upstream_error': 100 })
    const states = await Promise.all(Object.keys(members).map((id) => breakerOf(fleet, `${id}/sim-chat`)))
    expect(countOf(states.map(String))).toEqual({ '0': 2, '2': 1 })
    // At total outage the budget holds the calls down, though every request may have three.
    await fleet.settled(100)
    expect(fleet.records.flatMap(({ attempts }) => attempts).length).toBeLessThanOrEqual(1.2 * 100 + 3)
  })

  it('closes again after three calls that went well, and says why it changed', async () => {
    const fleet = await startFleet(
      { bad: { backend: { health: UNMOVED, models: ['sim-chat'] } }, good: { backend: { models: ['sim-chat'] } } },
      { defaults: { balance: 'round-robin', breaker: { openFor: '20ms', maxOpenFor: '20ms' } } },
    )
    fleet.simulator('bad').setFault('sim-chat', { name: 'status', status: 500, times: 5 })
    await eventually(async () => {
      expect((await fleet.chat()).status).toBe(200)
      const { samples } = await readMetrics(fleet.url)
      const transitions = samples.filter(({ name }) => name === 'jairouter_breaker_transitions_total')
      expect(countOf(transitions.map(({ labels }) => `${labels['model_instance']} ${labels['to']} ${labels['reason']}`))).toEqual({
        'bad/sim-chat open consecutive': 1,
        'bad/sim-chat half-open waited': 1,
        'bad/sim-chat closed probe-passed': 1,
      })
    })
  })

  it('is cut short by a health probe that passes', async () => {
    const fleet = await startFleet(
      {
        bad: { backend: { health: { interval: '20ms', timeout: '2s', unhealthyAfter: 100 }, models: ['sim-chat'] } },
        good: { backend: { models: ['sim-chat'] } },
      },
      { defaults: { balance: 'round-robin', breaker: PATIENT } },
    )
    fleet.simulator('bad').setFault('sim-chat', { name: 'status', status: 500, times: 5 })
    await eventually(async () => {
      expect((await fleet.chat()).status).toBe(200)
      expect(fleet.posts('bad').length).toBeGreaterThan(5)
      expect(await breakerOf(fleet, 'bad/sim-chat')).toBe(0)
    })
  })

  it('can be switched off, for one backend too', async () => {
    const fleet = await startFleet(
      {
        bad: { backend: { health: UNMOVED, models: ['sim-chat'], breaker: { enabled: false } } },
        good: { backend: { models: ['sim-chat'] } },
      },
      { defaults: { balance: 'round-robin' } },
    )
    fleet.simulator('bad').setFault('sim-chat', { name: 'status', status: 500 })
    for (let index = 0; index < 20; index += 1) await fleet.chat()
    expect(fleet.posts('bad').length).toBe(10)
  })

  it('keeps its memory over a reload', async () => {
    const fleet = await startFleet(
      { bad: { backend: { health: UNMOVED, models: ['sim-chat'] } }, good: { backend: { models: ['sim-chat'] } } },
      { defaults: { balance: 'round-robin', breaker: PATIENT } },
    )
    fleet.simulator('bad').setFault('sim-chat', { name: 'status', status: 500 })
    for (let index = 0; index < 20; index += 1) await fleet.chat()
    fleet.apply({ ...fleet.config, defaults: { ...fleet.config.defaults, balance: 'random' } })
    for (let index = 0; index < 20; index += 1) await fleet.chat()
    expect(fleet.posts('bad')).toHaveLength(5)
  })
})
