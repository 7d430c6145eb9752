import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import { afterEach, expect, test } from 'vitest'
import { createProcessSampler, memoryLimitBytes, type ProcessSampler, type ProcessSamplerOptions } from './process-sampler.ts'

let sampler: ProcessSampler | undefined

afterEach(() => {
  sampler?.stop()
})

function samplerOf(options: Partial<ProcessSamplerOptions> = {}): ProcessSampler {
  sampler = createProcessSampler({
    now: () => 0,
    sockets: () => 30,
    socketLimit: () => 120,
    queuedBytes: () => 3_000,
    queuedBytesLimit: 4_000,
    ...options,
  })
  return sampler
}

test('what is counted is taken as a share of its limit, at each look', () => {
  let sockets = 30
  const { sample } = samplerOf({ sockets: () => sockets })
  expect(sample()).toMatchObject({ socketsShare: 0.25, queuedBytesShare: 0.75 })
  sockets = 150
  expect(sample()).toMatchObject({ socketsShare: 1.25, queuedBytesShare: 0.75 })
})

test('a limit of 0 is no pressure', () => {
  expect(samplerOf({ socketLimit: () => 0, queuedBytesLimit: 0 }).sample()).toMatchObject({ socketsShare: 0, queuedBytesShare: 0 })
})

test('the heap is measured by what it may grow to, so that a small one is no pressure', () => {
  const { total_heap_size, heap_size_limit } = getHeapStatistics()
  const { heapUsedShare } = samplerOf().sample()
  expect(heapUsedShare).toBeGreaterThan(0)
  // The whole of the present heap is far from the limit; used over total would be more than a half.
  expect(total_heap_size / heap_size_limit).toBeLessThan(0.5)
  expect(heapUsedShare).toBeLessThan(0.5)
})

test('memory is measured by the limit that is given, else by the machine', () => {
  const share = (rssLimitBytes?: number) => samplerOf(rssLimitBytes === undefined ? {} : { rssLimitBytes }).sample().rssShare
  const rss = process.memoryUsage.rss()
  expect(share(rss)).toBeGreaterThan(0.5)
  expect(share(rss)).toBeLessThan(2)
  expect(share(10 * rss)).toBeLessThan(0.2)
  expect(share()).toBeGreaterThan(0)
  expect(share()).toBeLessThan((2 * rss) / Math.min(totalmem(), process.constrainedMemory() || Infinity))
})

test.each([
  [0, 1_000, 1_000],
  [400, 1_000, 400],
  [2 ** 64, 1_000, 1_000],
])('of a container with %d and a machine with %d bytes the limit is %d', (constrained, total, limit) => {
  expect(memoryLimitBytes(constrained, total)).toBe(limit)
})

test('the loop is asked with the clock that is given', () => {
  const asked: number[] = []
  let now = 7
  const { sample } = samplerOf({
    now() {
      asked.push(now)
      return now
    },
  })
  now = 8
  expect(sample().loopDelayMs).toBeGreaterThanOrEqual(0)
  expect(asked).toEqual([7, 8])
})
