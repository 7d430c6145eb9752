import { expect, test } from 'vitest'
import type { BatchResult } from '../upstream/batch-receiver.ts'
import { MOST_WAITING, SpanExport, type DropReason } from './span-export.ts'

/** An export whose time and whose receiver are in the hands of the test. An item is a number of spans. */
function startExport(answer: (batch: readonly number[], tries: number) => BatchResult | Promise<BatchResult>) {
  const batches: (readonly number[])[] = []
  const dropped: Partial<Record<DropReason, number>> = {}
  const troubles: (string | undefined)[] = []
  let timers: { readonly milliseconds: number; readonly callback: () => void }[] = []
  let sent = 0
  let closed = false
  const spans = new SpanExport<number>({
    receiver: {
      async send(bytes, signal) {
        const batch = JSON.parse(bytes.toString()) as number[]
        batches.push(batch)
        const stopped = new Promise<BatchResult>((resolve) => {
          signal.addEventListener('abort', () => resolve({ kind: 'later', why: 'aborted' }), { once: true })
        })
        return Promise.race([answer(batch, batches.length), stopped])
      },
      close() {
        closed = true
      },
    },
    encode: (items) => Buffer.from(JSON.stringify(items)),
    weight: (item) => item,
    onSent(count) {
      sent += count
    },
    onDropped(reason, count) {
      dropped[reason] = (dropped[reason] ?? 0) + count
    },
    onTrouble: (why) => void troubles.push(why),
    random: () => 1,
    after(milliseconds, callback) {
      const timer = { milliseconds, callback }
      timers.push(timer)
      return () => {
        timers = timers.filter((each) => each !== timer)
      }
    },
  })
  return {
    spans,
    batches,
    dropped,
    troubles,
    sent: () => sent,
    closed: () => closed,
    waits: () => timers.map(({ milliseconds }) => milliseconds),
    /** The next timer of that length goes off; then all that can happen without another one does. */
    async fire(milliseconds: number) {
      const timer = timers.find((each) => each.milliseconds === milliseconds)
      if (timer === undefined) throw new Error(`No timer of ${milliseconds} ms among ${timers.map((each) => each.milliseconds).join(', ')}`)
      timers = timers.filter((each) => each !== timer)
      timer.callback()
      await settled()
    },
  }
}

/** Promises that are under way go as far as they can. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
}

const TAKEN: BatchResult = { kind: 'taken', rejected: 0 }
const never = () => new Promise<BatchResult>(() => {})

test('what comes within a second is one batch; a full one does not wait', async () => {
  const run = startExport(() => TAKEN)
  run.spans.add(2)
  run.spans.add(3)
  expect(run.waits()).toEqual([1_000])
  await run.fire(1_000)
  expect(run.batches).toEqual([[2, 3]])
  run.spans.add(500)
  run.spans.add(12)
  await settled()
  expect(run.batches.at(-1)).toEqual([500, 12])
  expect(run.sent()).toBe(517)
  expect(run.waits()).toEqual([])
})

test('a receiver that takes its time: a bounded number waits, and the rest is counted', async () => {
  const run = startExport(never)
  for (let index = 0; index < 30; index += 1) run.spans.add(512)
  await settled()
  // One batch is under way, the others fill the queue.
  expect(run.batches).toHaveLength(1)
  const waiting = MOST_WAITING / 512
  expect(run.dropped['queue-full']).toBe((30 - waiting) * 512)
  for (let index = 0; index < 3; index += 1) run.spans.add(512)
  expect(run.dropped['queue-full']).toBe((30 - waiting + 2) * 512)
})

test('a batch that fails is tried again, later and later, and makes room in the end', async () => {
  const run = startExport(() => ({ kind: 'later', why: 'ECONNREFUSED' }))
  run.spans.add(5)
  await run.fire(1_000)
  for (const wait of [1_000, 2_000, 4_000, 8_000, 16_000]) await run.fire(wait)
  expect(run.batches).toHaveLength(6)
  expect(run.dropped).toEqual({ unreachable: 5 })
  expect(run.troubles).toEqual(['ECONNREFUSED'])
  expect(run.sent()).toBe(0)
})

test('it waits as long as the receiver says, and tells when it is well again', async () => {
  const run = startExport((_batch, tries) => (tries === 1 ? { kind: 'later', why: 'status 429', waitMs: 7_000 } : TAKEN))
  run.spans.add(5)
  await run.fire(1_000)
  await run.fire(7_000)
  expect(run.sent()).toBe(5)
  expect(run.dropped).toEqual({})
  expect(run.troubles).toEqual(['status 429', undefined])
})

test('what is refused, whole or in part, is not sent again', async () => {
  const run = startExport((_batch, tries) => (tries === 1 ? { kind: 'refused', why: 'status 400' } : { kind: 'taken', rejected: 2 }))
  run.spans.add(5)
  await run.fire(1_000)
  run.spans.add(5)
  await run.fire(1_000)
  expect(run.batches).toHaveLength(2)
  expect(run.dropped).toEqual({ refused: 7 })
  expect(run.sent()).toBe(3)
})

test('a close sends all that there is, and takes nothing more', async () => {
  const run = startExport(() => TAKEN)
  for (let index = 0; index < 3; index += 1) run.spans.add(400)
  await run.spans.close(3_000)
  expect(run.sent()).toBe(1_200)
  expect(run.closed()).toBe(true)
  run.spans.add(1)
  expect(run.dropped).toEqual({ stopped: 1 })
  expect(run.waits()).toEqual([])
})

test('a close while a batch waits to be tried again: once more, then it is given up', async () => {
  const run = startExport(() => ({ kind: 'later', why: 'ECONNREFUSED' }))
  run.spans.add(5)
  await run.fire(1_000)
  await run.spans.close(3_000)
  expect(run.batches).toHaveLength(2)
  expect(run.dropped).toEqual({ stopped: 5 })
})

test('a close waits no longer than it was told to', async () => {
  const run = startExport(never)
  run.spans.add(600)
  await settled()
  run.spans.add(7)
  const closed = run.spans.close(3_000)
  await settled()
  await run.fire(3_000)
  await closed
  expect(run.dropped).toEqual({ stopped: 607 })
  expect(run.closed()).toBe(true)
})

test('what cannot be written is counted', async () => {
  const dropped: [DropReason, number][] = []
  const broken = new SpanExport<number>({
    receiver: { send: () => Promise.resolve(TAKEN), close() {} },
    encode() {
      throw new TypeError('broken')
    },
    weight: () => 3,
    onSent: () => {},
    onDropped: (reason, spans) => void dropped.push([reason, spans]),
    onTrouble: () => {},
    random: () => 0,
    after: () => () => {},
  })
  broken.add(1)
  await broken.close(1)
  expect(dropped).toEqual([['failed', 3]])
})
