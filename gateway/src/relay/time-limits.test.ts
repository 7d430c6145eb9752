import { expect, it } from 'vitest'
import { DeadlineClock } from './deadline-clock.ts'
import { AttemptLimits, TimeLimitReached } from './time-limits.ts'

const TIMEOUTS = { connect: 1, response: 2, firstToken: 3, idle: 4, total: 5 }

function limitsAt(clock: { now: number }) {
  const ended: unknown[] = []
  const now = () => clock.now
  const limits = new AttemptLimits({
    timeouts: TIMEOUTS,
    now,
    clock: new DeadlineClock(now),
    abort: (reason) => ended.push(reason),
    onStall: () => ended.push('stall'),
  })
  // The clock's own timer has no part in this.
  limits.stop()
  return { limits, ended }
}

it('a client that takes nothing for a minute is cut, and that is not the backend’s silence', () => {
  const clock = { now: 1_000 }
  const { limits, ended } = limitsAt(clock)
  limits.progress()
  limits.pause()
  expect(limits.dueAt).toBe(61_000)
  limits.reached()
  expect(ended).toEqual(['stall'])
  expect(limits.dueAt).toBe(Infinity)
})

it('a client that goes on reading gives the backend its time again', () => {
  const clock = { now: 1_000 }
  const { limits, ended } = limitsAt(clock)
  limits.pause()
  clock.now = 50_000
  limits.progress()
  expect(limits.dueAt).toBe(50_004)
  limits.reached()
  expect(ended).toEqual([new TimeLimitReached('idle', 4)])
})
