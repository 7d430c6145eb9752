import { expect, test } from 'vitest'
import { DrainRate } from './drain-rate.ts'

/** One is taken every `everyMs`, and always somebody waits. */
function drained(times: number, everyMs: number, rate = new DrainRate(), start = 0): DrainRate {
  rate.begin(start)
  for (let time = 1; time <= times; time += 1) rate.take(start + time * everyMs, true)
  return rate
}

/** What all of the past comes to, if somebody always waited. */
const MEAN_LIFE_MS = 30_000 / Math.LN2

/** Every take counts in full when it comes, and of the time before it a little has decayed. */
const measured = (everyMs: number) => MEAN_LIFE_MS * (1 - 2 ** (-everyMs / 30_000))

test('is unknown until five were taken', () => {
  expect(new DrainRate().intervalMs(0)).toBe(0)
  expect(drained(4, 100).intervalMs(400)).toBe(0)
  expect(drained(5, 100).intervalMs(500)).toBeCloseTo(measured(100), 6)
  expect(measured(100)).toBeCloseTo(99.88, 2)
})

test('is the time between takes', () => {
  expect(drained(1_000, 250).intervalMs(250_000)).toBeCloseTo(measured(250), 6)
})

test('is the same for bunches as for takes one at a time', () => {
  const bunched = new DrainRate()
  bunched.begin(0)
  for (let bunch = 1; bunch <= 30; bunch += 1) for (let one = 0; one < 40; one += 1) bunched.take(bunch * 10_000, true)
  expect(bunched.intervalMs(300_000)).toBeCloseTo(measured(10_000) / 40, 6)
  expect(measured(10_000) / 40).toBeCloseTo(223.2, 1)
})

test('halves what it remembers in 30 s', () => {
  const rate = new DrainRate()
  rate.begin(0)
  for (let one = 0; one < 5; one += 1) rate.take(30_000, true)
  expect(rate.intervalMs(30_000)).toBeCloseTo((MEAN_LIFE_MS * 0.5) / 5, 6)
  for (let one = 0; one < 5; one += 1) rate.take(60_000, true)
  expect(rate.intervalMs(60_000)).toBeCloseTo((MEAN_LIFE_MS * 0.75) / 7.5, 6)
})

test('falls while somebody waits and nobody is taken', () => {
  const rate = drained(5, 1_000)
  const before = rate.intervalMs(5_000)
  expect(rate.intervalMs(65_000)).toBeGreaterThan(10 * before)
  expect(rate.intervalMs(5_000)).toBe(before)
  expect(rate.intervalMs(4_000)).toBe(before)
})

test('leaves out the time in which nobody waits', () => {
  const rate = drained(9, 100)
  rate.take(1_000, false)
  const before = rate.intervalMs(1_000)
  expect(before).toBeCloseTo(measured(100), 6)
  expect(rate.intervalMs(3_600_000)).toBe(before)
  expect(drained(10, 100, rate, 3_600_000).intervalMs(3_601_000)).toBeCloseTo(measured(100), 6)
})

test('leaves out a wait that was given up', () => {
  const rate = drained(10, 100)
  const before = rate.intervalMs(1_000)
  rate.pause()
  expect(rate.intervalMs(3_600_000)).toBe(before)
  rate.begin(3_600_000)
  rate.take(3_600_100, true)
  expect(rate.intervalMs(3_600_100)).toBeCloseTo(measured(100), 6)
})

test('counts from when the first of them came', () => {
  const rate = drained(5, 100)
  rate.take(600, false)
  rate.begin(10_000)
  rate.begin(10_099)
  rate.take(10_100, false)
  expect(rate.intervalMs(10_100)).toBeCloseTo(measured(100), 6)
})
