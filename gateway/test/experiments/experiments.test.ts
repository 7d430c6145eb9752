import { describe, expect, test } from 'vitest'
import { openStream } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { readMetrics } from '../support/read-metrics.ts'
import { startFleet, type Fleet, type FleetConfig } from '../support/start-fleet.ts'

type Experiment = NonNullable<NonNullable<FleetConfig['models']>[number]['experiment']>

const TARGETS = [
  { backend: 'base', model: 'sim-chat' },
  { backend: 'canary', model: 'sim-chat', group: 'canary' },
]

function start(experiment: Experiment, more: Partial<NonNullable<FleetConfig['models']>[number]> = {}): Promise<Fleet> {
  return startFleet({ base: {}, canary: {} }, { models: [{ name: 'smart', targets: TARGETS, ...more, experiment }] })
}

const ask = (fleet: Fleet, headers: Record<string, string> = {}, more: object = {}) => fleet.chat({ model: 'smart', ...more }, { headers })

describe('traffic in groups', () => {
  test('everyone stays where they were assigned, and the groups get their shares', async () => {
    const fleet = await start({ groups: [{ name: 'control', weight: 3 }, { name: 'canary' }], sticky: 'header:X-Team' })
    const teams = Array.from({ length: 60 }, (_, index) => `team-${index}`)
    const first = await Promise.all(teams.map((team) => ask(fleet, { 'x-team': team })))
    const second = await Promise.all(teams.map((team) => ask(fleet, { 'x-team': team })))
    expect(second.map(({ backend }) => backend)).toEqual(first.map(({ backend }) => backend))
    const canary = first.filter(({ backend }) => backend === 'canary').length
    expect(canary).toBeGreaterThan(4)
    expect(canary).toBeLessThan(30)
    expect(new Set(fleet.records.map(({ experiment }) => experiment?.group))).toEqual(new Set(['control', 'canary']))
  })

  test('a rule sends by header, whatever the weights say', async () => {
    const fleet = await start({
      groups: [{ name: 'control' }, { name: 'canary', weight: 0 }],
      rules: [{ group: 'canary', header: { name: 'X-Canary', is: 'yes' } }],
    })
    const asked = [await ask(fleet), await ask(fleet, { 'x-canary': 'yes' }), await ask(fleet, { 'x-canary': 'no' })]
    expect(asked.map(({ backend }) => backend)).toEqual(['base', 'canary', 'base'])
  })

  test('who is assigned to a group that can’t serve is served by the others', async () => {
    const fleet = await start({
      groups: [
        { name: 'control', weight: 1 },
        { name: 'canary', weight: 0 },
      ],
      rules: [{ group: 'canary' }],
    })
    fleet.simulator('canary').setFault('sim-chat', { name: 'status', status: 500 })
    const { status, backend, attempts } = await ask(fleet)
    expect({ status, backend, attempts }).toEqual({ status: 200, backend: 'base', attempts: 2 })
  })

  test('a change holds for the next request', async () => {
    const fleet = await start({ groups: [{ name: 'control' }, { name: 'canary', weight: 0 }] })
    expect((await ask(fleet)).backend).toBe('base')
    const experiment = { groups: [{ name: 'control', weight: 0 }, { name: 'canary' }] }
    expect(fleet.apply({ ...fleet.config, models: [{ name: 'smart', targets: TARGETS, experiment }] })).toEqual([])
    expect((await ask(fleet)).backend).toBe('canary')
  })
})

describe('a shadow copy', () => {
  const SHADOWED: Experiment = { groups: [{ name: 'control' }, { name: 'canary', weight: 0 }], shadow: { group: 'canary', share: 1 } }

  test('goes to the shadow group, and the client notices nothing, not even of its failure', async () => {
    const fleet = await start(SHADOWED)
    fleet.simulator('canary').setFault('sim-chat', { name: 'status', status: 500 })
    const { status, backend, attempts } = await ask(fleet, {}, { temperature: 0.5 })
    expect({ status, backend, attempts }).toEqual({ status: 200, backend: 'base', attempts: 1 })
    await eventually(async () => {
      expect(fleet.posts('canary').length).toBe(1)
      expect((await readMetrics(fleet.url)).series('jairouter_shadow_requests_total')).toEqual({ 'canary,smart,502': 1 })
    })
    expect(JSON.parse(fleet.posts('canary')[0]?.body.toString() ?? '')).toMatchObject({ model: 'sim-chat', temperature: 0.5 })
    expect(fleet.records.length).toBe(1)
  })

  test('is a stream where the request is one, and goes on when the client has left', async () => {
    const fleet = await start(SHADOWED)
    fleet.simulator('base').setFault('sim-chat', { name: 'stall', at: 2 })
    const stream = await openStream(fleet.url, { model: 'smart' })
    stream.leave()
    await stream.text.catch(() => {})
    await eventually(async () => {
      expect((await readMetrics(fleet.url)).series('jairouter_shadow_requests_total')).toEqual({ 'canary,smart,200': 1 })
    })
  })

  test('no more are under way than may be', async () => {
    const shadow = { group: 'canary', share: 1, maxConcurrency: 2 }
    const fleet = await start({ ...SHADOWED, shadow }, { timeouts: { response: '500ms' } })
    fleet.simulator('canary').setFault('sim-chat', { name: 'hang' })
    for (let index = 0; index < 5; index += 1) expect((await ask(fleet)).status).toBe(200)
    expect(fleet.posts('canary').length).toBeLessThanOrEqual(2)
  })
})
