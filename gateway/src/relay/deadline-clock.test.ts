import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DeadlineClock, type Watched } from './deadline-clock.ts'

let now = 0

beforeEach(() => {
  now = 0
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

/** Time passes in steps that the clock notices. */
function pass(milliseconds: number): void {
  for (let step = 0; step < milliseconds; step += 20) {
    now += 20
    vi.advanceTimersByTime(20)
  }
}

function watched(dueAt: number): Watched & { dueAt: number; times: number } {
  return {
    dueAt,
    place: undefined,
    times: 0,
    reached() {
      this.times += 1
      this.dueAt = Infinity
    },
  }
}

test('what is due is reached at the next look, not before', () => {
  const clock = new DeadlineClock(() => now)
  const one = watched(100)
  clock.add(one)
  pass(80)
  expect(one.times).toBe(0)
  pass(20)
  expect(one.times).toBe(1)
  pass(1_000)
  expect(one.times).toBe(1)
})

test('a deadline that moves counts as it stands', () => {
  const clock = new DeadlineClock(() => now)
  const one = watched(60)
  clock.add(one)
  pass(40)
  one.dueAt = 200
  pass(140)
  expect(one.times).toBe(0)
  pass(20)
  expect(one.times).toBe(1)
})

test('what was removed is left alone, also by one that is reached in the same look', () => {
  const clock = new DeadlineClock(() => now)
  const second = watched(20)
  const first: Watched = {
    place: undefined,
    dueAt: 20,
    reached() {
      clock.remove(first)
      clock.remove(second)
    },
  }
  clock.add(first)
  clock.add(second)
  pass(100)
  expect(second.times).toBe(0)
  expect(clock.size).toBe(0)
})

test('no timer runs while nothing is watched, and one runs again afterwards', () => {
  const clock = new DeadlineClock(() => now)
  expect(vi.getTimerCount()).toBe(0)
  const one = watched(1_000)
  clock.add(one)
  clock.add(watched(1_000))
  expect(vi.getTimerCount()).toBe(1)
  pass(1_000)
  clock.remove(one)
  expect(clock.size).toBe(1)
  const other = new DeadlineClock(() => now)
  other.add(one)
  other.remove(one)
  pass(20)
  expect(vi.getTimerCount()).toBe(1)
  one.dueAt = now + 40
  other.add(one)
  pass(40)
  expect(one.times).toBe(2)
})

test('after the process stood still, one look is let pass for what waits in the sockets', () => {
  const clock = new DeadlineClock(() => now)
  const one = watched(100)
  clock.add(one)
  now += 2_000
  vi.advanceTimersByTime(20)
  expect(one.times).toBe(0)
  pass(20)
  expect(one.times).toBe(1)
})
