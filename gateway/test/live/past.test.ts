import { timelineSchema } from '@jairouter/contract/management/series'
import { describe, expect, it } from 'vitest'
import { DayRates } from '../../src/admin/day-rates.ts'
import { MemoryHistory } from '../../src/history/memory-history.ts'
import { DAYS_MS, randomEntries, START } from '../history/random-entries.ts'
import { eventually } from '../support/eventually.ts'
import { startControlled } from '../support/start-controlled.ts'
import { packEntries } from '../../src/history/packed-entries.ts'

describe('what is past', () => {
  it('is told of instances, charts and the last day by the whole gateway', async () => {
    const { api, chat } = await startControlled({ a: {} }, { auth: { mode: 'none', keys: [] } })
    for (let count = 0; count < 3; count += 1) await chat()
    await api('POST', '/instances/a/sim-chat/disable', { reason: 'new driver' })
    await eventually(async () => {
      const { json } = await api('GET', '/instances/a/sim-chat/timeline')
      const { intervals } = timelineSchema.parse(json)
      expect(intervals.map(({ state }) => state).slice(-2)).toEqual(['healthy', 'disabled'])
      expect(intervals.at(-1)?.reason).toBe('new driver')
    })
    await eventually(async () => {
      const { json } = await api('GET', '/statistics?by=instance')
      expect(json).toMatchObject({ items: [{ name: 'a/sim-chat', requests: 3, attempts: 3, attemptSuccess: 1, clientSuccess: 1 }] })
    })
    const { json: annotations } = await api('GET', '/annotations')
    const kinds = (annotations['items'] as { kind: string }[]).map(({ kind }) => kind)
    expect(kinds).toEqual(expect.arrayContaining(['start', 'health', 'override', 'config']))
    const { json: overview } = await api('GET', '/overview')
    expect(overview).toMatchObject({ lastHour: { requests: 3 }, lastDay: { requests: 3, clientSuccess: 1, attemptSuccess: 1 } })
  })
})

describe('the last day', () => {
  it('is asked for now and then only, and is what the rows say', async () => {
    const history = new MemoryHistory()
    const entries = randomEntries(400, 5)
    await history.write({ id: 'b', packed: packEntries(entries) })
    let now = START + DAYS_MS
    let asked = 0
    const errors: unknown[] = []
    const counted = {
      series(query: Parameters<MemoryHistory['series']>[0]) {
        asked += 1
        if (asked === 3) return Promise.reject(new Error('away'))
        return history.series(query)
      },
    }
    const day = new DayRates({ history: counted, now: () => now, onError: (error) => errors.push(error) })
    expect(day.value()).toBeUndefined()
    await day.refresh()
    const wanted = entries.filter(({ request }) => request.time >= now - DAYS_MS / 2)
    expect(day.value()).toMatchObject({ requests: wanted.length, seconds: 86_400 })
    expect(day.value()?.promptTokens).toBe(wanted.reduce((sum, { request }) => sum + request.in, 0))
    await day.refresh()
    expect(asked).toBe(1)
    now += 10_000
    await day.refresh()
    expect(asked).toBe(2)
    now += 60_000
    // What could not be asked for stays as it was.
    expect(day.value()?.requests).toBeGreaterThan(0)
    await day.refresh()
    expect([asked, errors.length, day.value() === undefined]).toEqual([3, 1, false])
  })
})
