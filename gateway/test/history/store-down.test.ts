import { expect, it } from 'vitest'
import { MemoryHistory } from '../../src/history/memory-history.ts'
import type { HistoryBatch, HistoryStore } from '../../src/history/port.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { readMetrics } from '../support/read-metrics.ts'
import { countOf, inParallel } from '../support/start-fleet.ts'
import { startRecorded } from './start-recorded.ts'

const REQUESTS = 60
const BUFFER = 10

/** A history whose writes fail, or do not come to an end, until it is told otherwise. */
function troubled(trouble: 'down' | 'mute'): { readonly store: HistoryStore; readonly asked: Promise<void>; readonly mend: () => void } {
  const memory = new MemoryHistory()
  const { promise: mended, resolve } = Promise.withResolvers<void>()
  const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>()
  let isDown = trouble === 'down'
  const write = async (batch: HistoryBatch) => {
    isAsked()
    if (isDown) throw new StoreError('unavailable', 'down')
    if (trouble === 'mute') await mended
    return memory.write(batch)
  }
  const store = new Proxy<HistoryStore>(memory, {
    get: (target, name) => {
      if (name === 'write') return write
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const mend = () => {
    isDown = false
    resolve()
  }
  return { store, asked, mend }
}

it.each(['down', 'mute'] as const)('a store that is %s costs rows, which are counted, and no request', async (trouble) => {
  const { store, asked, mend } = troubled(trouble)
  const { fleet, history } = await startRecorded({ a: {} }, { store, history: { buffer: BUFFER } })
  // In the hands of the writer, as long as the trouble lasts.
  await fleet.chat()
  await fleet.settled(1)
  await asked
  const answers = await inParallel(REQUESTS, 8, () => fleet.chat())
  await fleet.settled(REQUESTS + 1)
  expect(countOf(answers.map(({ status }) => String(status)))).toEqual({ '200': REQUESTS })
  const { samples } = await readMetrics(fleet.url)
  const dropped = samples.find(({ name }) => name === 'jairouter_history_dropped_total')?.value
  expect(dropped).toBe(REQUESTS - BUFFER)
  mend()
  await history.flush()
  const { rows } = await store.page({ filter: { terms: [] }, limit: 100, deadlineMs: 1_000 })
  expect(rows).toHaveLength(BUFFER + 1)
})
