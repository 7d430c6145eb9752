import { describe, expect, it } from 'vitest'
import { newRecord } from '../http/relay-handler.ts'
import { StoreError } from '../store/store-error.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import { HistoryWriter, type HistoryWriterOptions } from './history-writer.ts'
import { unpackEntries } from './packed-entries.ts'
import type { HistoryBatch } from './port.ts'
import { rowsOf } from './rows-of.ts'

function started(more: Partial<HistoryWriterOptions> & { fail?: () => unknown } = {}) {
  const timers: { readonly at: number; readonly callback: () => void }[] = []
  const written: HistoryBatch[] = []
  const told: unknown[] = []
  let batches = 0
  const writer = new HistoryWriter({
    store: {
      write(batch) {
        const error = more.fail?.()
        if (error !== undefined) return Promise.reject(error)
        written.push({ ...batch, packed: new Uint8Array(batch.packed) })
        return Promise.resolve()
      },
    },
    settings: () => ({ enabled: true, buffer: 5_000 }),
    toEntry: (record) => rowsOf(record, { config: {}, starting: undefined }, 0),
    after(milliseconds, callback) {
      const timer = { at: milliseconds, callback }
      timers.push(timer)
      return () => {
        if (timers.includes(timer)) timers.splice(timers.indexOf(timer), 1)
      }
    },
    batchId: () => {
      batches += 1
      return `b${batches}`
    },
    onState: (error) => told.push(error === undefined ? 'works' : 'fails'),
    onLost: (_error, count) => told.push(count),
    ...more,
  })
  /** Lets what waits for `milliseconds` go on. */
  const ring = async (milliseconds: number) => {
    for (const timer of timers.splice(0))
      if (timer.at === milliseconds) timer.callback()
      else timers.push(timer)
    await new Promise(setImmediate)
  }
  return { writer, written, told, timers, ring }
}

function record(id = 'r'): RequestRecord {
  return newRecord({ endpoint: 'chat', id, address: '', startedAt: 1, generation: 1 })
}

const down = () => new StoreError('unavailable', 'down')

describe('the writer of the history', () => {
  it('does nothing when a record is added but wait for the batch', async () => {
    const { writer, written, timers, ring } = started()
    writer.add(record('a'))
    writer.add(record('b'))
    expect([written.length, timers.map(({ at }) => at)]).toEqual([0, [250]])
    await ring(250)
    expect(written.map(({ id, packed }) => [id, unpackEntries(packed).map(({ request }) => request.id)])).toEqual([['b1', ['a', 'b']]])
    expect([writer.waiting, writer.dropped, writer.written, timers]).toEqual([0, 0, 2, []])
  })

  it('begins at once when a batch is full', async () => {
    const { writer, written } = started()
    for (let index = 0; index < 2_000; index += 1) writer.add(record())
    await writer.flush()
    expect(written.map(({ packed }) => unpackEntries(packed).length)).toEqual([1_000, 1_000])
  })

  it('writes one batch after the other', async () => {
    const held: (() => void)[] = []
    const { writer } = started({ store: { write: () => new Promise<void>((resolve) => held.push(resolve)) } })
    for (let index = 0; index < 3_000; index += 1) writer.add(record())
    await new Promise(setImmediate)
    expect([held.length, writer.waiting, writer.written]).toEqual([1, 2_000, 0])
    held.shift()?.()
    await new Promise(setImmediate)
    expect([held.length, writer.waiting, writer.written]).toEqual([1, 1_000, 1_000])
  })

  it('counts what waits for another batch when it ends', async () => {
    const { writer, ring } = started({ fail: down })
    for (let index = 0; index < 3_000; index += 1) writer.add(record())
    await ring(250)
    const closed = writer.close()
    await ring(5_000)
    await closed
    expect(writer.dropped).toBe(2_000)
  })

  it('drops and tells of a request of which no row can be made', async () => {
    const { writer, written, told } = started({
      toEntry(given) {
        if (given.id === 'bad') throw new TypeError('no')
        return rowsOf(given, { config: {}, starting: undefined }, 0)
      },
    })
    for (const id of ['a', 'bad', 'b']) writer.add(record(id))
    await writer.flush()
    expect([written.flatMap(({ packed }) => unpackEntries(packed).map(({ request }) => request.id)), told, writer.dropped]).toEqual([
      ['a', 'b'],
      [1],
      1,
    ])
  })

  it('forgets what was said where too much of it waits, and keeps the row', async () => {
    let lost = 0
    const written: Uint8Array[] = []
    const held: (() => void)[] = []
    const { writer } = started({
      store: {
        write({ packed }) {
          written.push(new Uint8Array(packed))
          return new Promise<void>((resolve) => held.push(resolve))
        },
      },
      onContentLost: () => (lost += 1),
    })
    const say = (id: string) => {
      const captured = { to: ['history'] as const, input: 'x'.repeat(12 * 1024 ** 2), output: undefined, masked: 0, cut: false }
      writer.add({ ...record(id), captured })
    }
    // The first one is on its way to the store while the others wait.
    for (const id of ['a', 'b', 'c', 'd']) say(id)
    while (held.length > 0) {
      held.shift()?.()
      await new Promise(setImmediate)
    }
    say('e')
    const kept = written.flatMap((packed) => unpackEntries(packed).map(({ request, content }) => [request.id, content !== undefined]))
    expect([kept, lost]).toEqual([
      [
        ['a', true],
        ['b', true],
        ['c', true],
        ['d', false],
        ['e', true],
      ],
      1,
    ])
  })

  it('tries the same batch until it is written, and counts what the buffer has no room for', async () => {
    let isDown = true
    const { writer, written, told, ring } = started({
      fail: () => (isDown ? down() : undefined),
      settings: () => ({ enabled: true, buffer: 3 }),
    })
    writer.add(record('a'))
    await ring(250)
    for (const id of ['b', 'c', 'd', 'e', 'f']) writer.add(record(id))
    await ring(250)
    await ring(500)
    expect([written.length, writer.dropped, writer.waiting, told]).toEqual([0, 2, 3, ['fails']])
    isDown = false
    await ring(1_000)
    await ring(250)
    expect(written.map(({ id, packed }) => [id, unpackEntries(packed).map(({ request }) => request.id)])).toEqual([
      ['b1', ['a']],
      ['b2', ['b', 'c', 'd']],
    ])
    expect(told).toEqual(['fails', 'works'])
  })

  it('gives up what no store would take', async () => {
    let first = true
    const fail = () => {
      const error = first ? new TypeError('no') : undefined
      first = false
      return error
    }
    const { writer, written, told, ring } = started({ fail })
    writer.add(record('a'))
    await ring(250)
    writer.add(record('b'))
    await ring(250)
    expect([told, writer.dropped, written.length]).toEqual([[1], 1, 1])
  })

  it('takes nothing where it is turned off, and nothing once it is closed', async () => {
    const off = started({ settings: () => ({ enabled: false, buffer: 10 }) })
    off.writer.add(record())
    expect([off.writer.waiting, off.writer.dropped, off.timers]).toEqual([0, 0, []])
    const { writer, written } = started()
    writer.add(record('last'))
    await writer.close()
    writer.add(record('late'))
    expect([written.length, writer.dropped]).toEqual([1, 1])
  })

  it('ends in time though the store is down', async () => {
    const { writer, ring } = started({ fail: down })
    writer.add(record('a'))
    await ring(250)
    writer.add(record('b'))
    const closed = writer.close()
    await ring(5_000)
    await closed
    expect(writer.dropped).toBe(1)
  })
})
