import { describe, expect, it } from 'vitest'
import { openAlerting } from '../../src/composition/alerting.ts'
import type { Gateway } from '../../src/gateway.ts'
import { newRecord } from '../../src/http/relay-handler.ts'
import { MemoryHistory } from '../../src/history/memory-history.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/port.ts'
import { eventually } from '../support/eventually.ts'
import { memoryReplicas } from '../support/memory-replicas.ts'
import { EventBus } from '../../src/telemetry/event-bus.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { METRICS } from '../../src/telemetry/metric-table.ts'
import { aRule } from '../../src/alert/fixtures/a-rule.ts'
import type { AlertSettings } from '../../src/config/snapshot.ts'
import { packEntries } from '../../src/history/packed-entries.ts'

/** Counts how often anything of it is looked at. */
function setUp(history = new MemoryHistory(), store: Store = new MemoryStore()) {
  const state = { looks: 0, waiting: 0, down: false, settings: { everyMs: 1_000, rules: [aRule()], receivers: new Map() } as AlertSettings }
  const sets = (definition: unknown) => {
    state.looks += 1
    return definition === METRICS.backendUp && state.down ? [[['a'], 0] as const] : []
  }
  const gateway = {
    snapshot: {
      get alerts() {
        return state.settings
      },
    },
    metrics: { sets },
    plane: { load: () => ({ waiting: state.waiting }) },
    connectPolicy: () => ({}),
  }
  const events = new EventBus({ now: () => 0 })
  const alerting = openAlerting({
    gateway: () => gateway as unknown as Gateway,
    history,
    store,
    events,
    log: createLogger({ level: 'silent' }),
    hasBudgets: () => false,
    now: () => 1_000_000,
    monotonic: () => 1_000,
    random: () => 0,
    after: () => () => {},
  })
  return { alerting, state, events, record: newRecord({ endpoint: 'chat', id: 'r', address: '', startedAt: 0, generation: 1 }) }
}

describe('alerts', () => {
  it('are not looked at, nor loaded, while nothing happens', async () => {
    const { alerting, state, events, record } = setUp()
    await alerting.look()
    expect(state.looks).toBe(0)
    expect(await alerting.shown()).toEqual({ items: [] })
    alerting.feed.add({ ...record, status: 200 })
    await alerting.look()
    const after = state.looks
    expect(after).toBeGreaterThan(0)
    await alerting.look()
    expect(state.looks).toBe(after)
    // That a backend is well, or that its models were found, makes no rule true.
    alerting.start()
    events.publish('instances', 'health', { backend: 'a', to: 'healthy' })
    events.publish('config', 'in-force', {})
    await alerting.look()
    expect(state.looks).toBe(after)
    events.publish('instances', 'health', { backend: 'a', to: 'unhealthy' })
    await alerting.look()
    expect(state.looks).toBe(2 * after)
    state.waiting = 1
    await alerting.look()
    expect(state.looks).toBe(3 * after)
    state.waiting = 0
    state.settings = { ...state.settings, rules: [aRule({ forMs: 5 })] }
    events.publish('config', 'in-force', {})
    await alerting.look()
    expect(state.looks).toBe(4 * after)
    alerting.close()
  })

  it('are looked at as long as any of them is there', async () => {
    const { alerting, state, events } = setUp()
    state.down = true
    events.publish('instances', 'health', { backend: 'a', to: 'unhealthy' })
    await alerting.look()
    expect(await alerting.shown()).toMatchObject({ items: [{ state: 'firing' }] })
    const before = state.looks
    await alerting.look()
    expect(state.looks).toBeGreaterThan(before)
    // Switched off, what fires is over; then nothing is looked at.
    state.settings = { ...state.settings, rules: [] }
    await alerting.look()
    expect(await alerting.shown()).toEqual({ items: [] })
    const off = state.looks
    await alerting.look()
    expect(state.looks).toBe(off)
    alerting.close()
  })
})

describe('failures', () => {
  it('of before the start are read from the history, with the same fingerprint, and stay muted', async () => {
    const history = new MemoryHistory()
    const store = new MemoryStore()
    const failed = { status: 502, code: 'upstream_error', model: 'm', cause: new Error('reset 1') }
    const one = setUp(history, store)
    one.alerting.feed.add({ ...one.record, ...failed })
    const { failures } = await one.alerting.parts()
    const [first] = failures.all()
    if (first === undefined) throw new Error('it is not there')
    await failures.mute(first.id, { reason: 'known', forMs: undefined }, { actor: { kind: 'system' } })
    one.alerting.close()

    const { rowsOf } = await import('../../src/history/rows-of.ts')
    const entry = rowsOf({ ...one.record, ...failed, cause: new Error('reset 2') }, { config: {}, starting: undefined }, 900_000)
    await history.write({ id: 'b', packed: packEntries([entry]) })
    const two = setUp(history, store)
    const again = (await two.alerting.parts()).failures
    expect(again.all()).toMatchObject([{ id: first.id, count: 1, message: 'reset #' }])
    expect(again.muteOf(first.id)).toMatchObject({ reason: 'known' })
    expect(again.figures()).toEqual([])
    two.alerting.close()
  })

  it('wait in a bounded line, and are counted where they do not fit', () => {
    const { alerting, record } = setUp()
    for (let count = 0; count < 1_500; count += 1) alerting.feed.add({ ...record, status: 500, code: 'internal_error' })
    expect(alerting.feed).toMatchObject({ settled: 1_500, missed: 500, waiting: 1_000 })
    alerting.close()
  })
})

describe('two gateways over one store', () => {
  it('hold what is silenced and muted on either of them', async () => {
    const replicas = memoryReplicas()
    const [one, two] = [setUp(new MemoryHistory(), replicas.open()), setUp(new MemoryHistory(), replicas.open())]
    const origin = { actor: { kind: 'system' } } as const
    const [here, there] = [await one.alerting.parts(), await two.alerting.parts()]
    const { id } = await here.silences.add({ match: { rule: 'r' }, reason: '', forMs: 60_000 }, origin)
    const failure = '0123456789abcdef'
    await here.failures.mute(failure, { reason: 'known', forMs: 60_000 }, origin)
    await eventually(() => expect([there.silences.current().length, there.failures.muteOf(failure)?.reason]).toEqual([1, 'known']))
    await there.silences.remove(id, origin)
    await there.failures.unmute(failure, origin)
    await eventually(() => expect([here.silences.current(), here.failures.muteOf(failure)]).toEqual([[], undefined]))
    one.alerting.close()
    two.alerting.close()
  })
})
