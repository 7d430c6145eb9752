import { describe, expect, it } from 'vitest'
import { MemoryStore } from '../store/memory-store.ts'
import type { Store } from '../store/port.ts'
import { EventBus } from '../telemetry/event-bus.ts'
import { OverrideDesk } from './override-desk.ts'

const origin = { actor: { kind: 'user', id: 'u-1', name: 'ada', role: 'operator', sessionId: 's' } } as const

function started(store: Store = new MemoryStore()) {
  const clock = { now: 1_000 }
  const timers: { at: number; callback: () => void }[] = []
  const inForce = new Map<string, unknown>()
  const errors: unknown[] = []
  const desk = new OverrideDesk({
    store,
    live: { override: (id, override) => void (override === undefined ? inForce.delete(id) : inForce.set(id, override)) },
    events: new EventBus({ now: () => clock.now }),
    now: () => clock.now,
    after(milliseconds, callback) {
      const timer = { at: clock.now + milliseconds, callback }
      timers.push(timer)
      return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0)
    },
    onError: (error) => errors.push(error),
  })
  const passTo = (now: number) => {
    clock.now = now
    for (const timer of timers.splice(0)) if (timer.at <= now) timer.callback()
  }
  return { store, desk, inForce, timers, passTo, errors, clock }
}

describe('OverrideDesk', () => {
  it('does not forget a write for a reading that began before it', async () => {
    const store = new MemoryStore()
    let changed = () => {}
    store.onChange = ((listener: () => void) => {
      changed = listener
      return () => {}
    }) as never
    const { desk, inForce } = started(store)
    await desk.load()
    const list = store.list.bind(store)
    const { promise: slow, resolve } = Promise.withResolvers<undefined>()
    store.list = async (...args) => {
      const found = await list(...args)
      await slow
      return found
    }
    changed()
    const set = desk.set('a/m', { kind: 'disabled', forMs: undefined, reason: undefined, origin })
    resolve(undefined)
    await set
    expect([desk.of('a/m')?.kind, inForce.get('a/m')]).toEqual(['disabled', { kind: 'disabled', until: undefined }])
  })

  it('lets each go at its time, and none of those that are over come back with a restart', async () => {
    const first = started()
    await first.desk.set('a/m', { kind: 'disabled', forMs: 500, reason: undefined, origin })
    await first.desk.set('b/m', { kind: 'draining', forMs: 2_000, reason: 'x', origin })
    expect(first.timers).toHaveLength(1)
    first.passTo(1_500)
    expect([...first.desk.all().keys()]).toEqual(['b/m'])
    first.desk.close()
    expect(first.timers).toEqual([])

    const second = started(first.store)
    second.clock.now = 2_999
    await second.desk.load()
    expect(second.inForce.get('b/m')).toEqual({ kind: 'draining', until: 3_000 })
    const third = started(first.store)
    third.clock.now = 3_000
    await third.desk.load()
    expect(third.inForce.size).toBe(0)
  })

  it('tells of a store that fails when it is over, and has let it go all the same', async () => {
    const { desk, store, passTo, errors } = started()
    await desk.set('a/m', { kind: 'disabled', forMs: 500, reason: undefined, origin })
    store.commit = () => Promise.reject(new Error('full'))
    passTo(1_500)
    await expect.poll(() => errors.length).toBe(1)
    expect(desk.of('a/m')).toBeUndefined()
  })

  it('clears what is there alone', async () => {
    const { desk } = started()
    expect(await desk.clear('a/m', origin)).toBe(false)
    await desk.set('a/m', { kind: 'disabled', forMs: undefined, reason: undefined, origin })
    expect(await desk.clear('a/m', origin)).toBe(true)
  })
})
