import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createOverloadMonitor, type LevelChange, type OverloadMonitorOptions } from './overload-monitor.ts'
import type { PressureSample } from './pressure.ts'

const CALM: PressureSample = { loopDelayMs: 0, heapUsedShare: 0, rssShare: 0.25, socketsShare: 0, queuedBytesShare: 0 }

let sample: PressureSample
let looks: number
let changes: LevelChange[]

beforeEach(() => {
  sample = CALM
  looks = 0
  changes = []
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

function monitor(options: Partial<OverloadMonitorOptions> = {}) {
  return createOverloadMonitor({
    sample() {
      looks += 1
      return sample
    },
    limits: () => ({ loopDelayMs: 200 }),
    onChange: (change) => changes.push(change),
    ...options,
  })
}

test('it looks once a second, and says nothing while nothing changes', () => {
  const { level, pressure } = monitor()
  vi.advanceTimersByTime(999)
  expect([looks, level(), pressure()]).toEqual([0, 'calm', 0])
  vi.advanceTimersByTime(1)
  expect([looks, level(), pressure()]).toEqual([1, 'calm', 0.25])
  vi.advanceTimersByTime(9_000)
  expect(looks).toBe(10)
  expect(changes).toEqual([])
})

test('it looks as often as it is told', () => {
  monitor({ intervalMs: 50 })
  vi.advanceTimersByTime(1_000)
  expect(looks).toBe(20)
})

test('it says when the level changes, and from what', () => {
  const { level, pressure } = monitor()
  sample = { ...CALM, loopDelayMs: 192 }
  vi.advanceTimersByTime(1_000)
  const late = { from: 'calm', to: 'shedding', pressure: 0.96, sample }
  expect(changes).toEqual([late])
  expect([level(), pressure()]).toEqual(['shedding', 0.96])
  vi.advanceTimersByTime(1_000)
  expect(changes).toEqual([late])
  sample = CALM
  vi.advanceTimersByTime(5_000)
  expect(changes).toEqual([
    late,
    { from: 'shedding', to: 'strained', pressure: 0.25, sample: CALM },
    { from: 'strained', to: 'calm', pressure: 0.25, sample: CALM },
  ])
  expect([level(), pressure()]).toEqual(['calm', 0.25])
})

test('it measures a late loop by the limit that it is given', () => {
  const { level } = monitor({ limits: () => ({ loopDelayMs: 100 }) })
  sample = { ...CALM, loopDelayMs: 97 }
  vi.advanceTimersByTime(1_000)
  expect(level()).toBe('shedding')
})

test('it looks no more when it was stopped, and leaves no timer', () => {
  const { stop, level } = monitor()
  sample = { ...CALM, rssShare: 1 }
  stop()
  stop()
  expect(vi.getTimerCount()).toBe(0)
  vi.advanceTimersByTime(10_000)
  expect([looks, level()]).toEqual([0, 'calm'])
})

test('it keeps no process alive, neither does what it looks with', async () => {
  const program = `
    import { createOverloadMonitor } from ${JSON.stringify(import.meta.resolve('./overload-monitor.ts'))}
    import { createProcessSampler } from ${JSON.stringify(import.meta.resolve('./process-sampler.ts'))}
    const none = () => 0
    const { sample } = createProcessSampler({ now: () => performance.now(), sockets: none, socketLimit: () => 1, queuedBytes: none, queuedBytesLimit: 1 })
    const monitor = createOverloadMonitor({ sample, limits: () => ({ loopDelayMs: 200 }), intervalMs: 5, onChange: none })
    setTimeout(() => console.log(monitor.pressure() > 0), 100)`
  // It ends by itself, or is ended and this fails.
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { timeout: 15_000 })
  expect(stdout).toBe('true\n')
})
