import { describe, expect, it } from 'vitest'
import { EventBus } from '../telemetry/event-bus.ts'
import { EventJournal, journaled } from './event-journal.ts'
import { MemoryHistory } from './memory-history.ts'
import type { HistoryBatch } from './port.ts'

function opened() {
  const bus = new EventBus({ now: () => 1_000 })
  const store = new MemoryHistory()
  const state = { fails: false, enabled: true, errors: 0 }
  const timers: (() => void)[] = []
  const journal = new EventJournal({
    events: bus,
    store: {
      async write(batch: HistoryBatch) {
        if (state.fails) throw new Error('away')
        await store.write(batch)
      },
    },
    isEnabled: () => state.enabled,
    after(_milliseconds, callback) {
      timers.push(callback)
      return () => void timers.splice(timers.indexOf(callback), 1)
    },
    batchId: () => `b-${bus.last}`,
    onError: () => (state.errors += 1),
  })
  const kept = async () =>
    (await store.events({ kinds: ['health', 'breaker', 'key', 'limit', 'job', 'decision'], limit: 5_000 }))
      .map(({ kind, type, subject }) => `${kind} ${type} ${subject}`)
      .toReversed()
  return { bus, journal, store, state, timers, kept }
}

describe('EventJournal', () => {
  it('writes what is worth keeping, together', async () => {
    const { bus, journal, timers, kept } = opened()
    bus.publish('instances', 'health', { backend: 'gpu-1', from: 'unknown', to: 'healthy' })
    bus.publish('limits', 'refused', { key: 'ci' })
    bus.publish('jobs', 'job', { id: 'j' })
    bus.publish('keys', 'created', { id: 'k-1' })
    bus.publishSample('decisions', 'decided', { instance: 'a/b' })
    // All is well: it can wait until the history is open anyway.
    expect([timers.length, await kept()]).toEqual([0, []])
    journal.ride()
    expect(timers).toHaveLength(1)
    bus.publish('instances', 'breaker', { instance: 'gpu-1/m', from: 'closed', to: 'open' })
    expect(timers).toHaveLength(1)
    timers[0]?.()
    await journal.flush()
    expect(await kept()).toEqual(['health healthy gpu-1', 'key created k-1', 'breaker open gpu-1/m'])
  })

  it('does not let wait what is bad, or much', () => {
    const { bus, timers } = opened()
    bus.publish('instances', 'health', { backend: 'gpu-1', from: 'healthy', to: 'unhealthy' })
    expect(timers).toHaveLength(1)
    const other = opened()
    for (let count = 0; count < 99; count += 1) other.bus.publish('keys', 'changed', { id: 'k' })
    expect(other.timers).toHaveLength(0)
    other.bus.publish('keys', 'changed', { id: 'k' })
    expect(other.timers).toHaveLength(1)
  })

  it('is read to its end', async () => {
    const { bus, journal, store } = opened()
    bus.publish('keys', 'created', { id: 'k-1' })
    const history = journaled(store, journal)
    expect(await history.events({ kinds: ['key'], limit: 9 })).toMatchObject([{ subject: 'k-1' }])
  })

  it('keeps what a store that is away would not take, within a bound, and writes each once', async () => {
    const { bus, journal, state, kept } = opened()
    state.fails = true
    bus.publish('keys', 'created', { id: 'first' })
    await journal.flush()
    expect([await kept(), state.errors]).toEqual([[], 1])
    for (let count = 0; count < 1_500; count += 1) bus.publish('keys', 'changed', { id: String(count) })
    state.fails = false
    await journal.close()
    await journal.flush()
    const all = await kept()
    expect([all.length, all[0], all[1], all.at(-1)]).toEqual([1_001, 'key created first', 'key changed 500', 'key changed 1499'])
    bus.publish('keys', 'created', { id: 'after its end' })
    await journal.flush()
    expect(await kept()).toHaveLength(1_001)
  })

  it('writes nothing where no history is wanted', async () => {
    const { bus, journal, state, kept } = opened()
    state.enabled = false
    bus.publish('keys', 'created', { id: 'k' })
    await journal.flush()
    state.enabled = true
    await journal.flush()
    expect(await kept()).toEqual([])
  })
})
