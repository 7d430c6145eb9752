import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { depositRequest, isOutage, noteCall, RETRY_BUDGET_SIZE, takeRetry } from './retry-budget.ts'

const QUIET = { active: 1, retrying: 0, now: 5_000 }
const fresh = () => new Float64Array(RETRY_BUDGET_SIZE)

function inBreach(state = fresh()): Float64Array {
  for (let call = 0; call < 3; call += 1) noteCall(state, false)
  return state
}

function takeAll(state: Float64Array, now = 5_000): number {
  let taken = 0
  while (taken < 1_000 && takeRetry(state, { ...QUIET, now })) taken += 1
  return taken
}

test('a new route may spend three when nothing succeeds, and ten a second more when something does', () => {
  expect(takeAll(inBreach())).toBe(3)
  const state = fresh()
  expect(takeAll(state)).toBe(13)
  expect(takeAll(state, 5_999)).toBe(0)
  expect(takeAll(state, 6_000)).toBe(10)
})

test('a clock that is set back gives no more than a second’s floor', () => {
  const state = fresh()
  takeAll(state)
  expect(takeAll(state, 0)).toBe(10)
  expect(takeAll(state, 0)).toBe(0)
})

test('the third failure in a row makes the breach, one success ends it', () => {
  const state = fresh()
  expect(takeAll(state)).toBe(13)
  noteCall(state, false)
  noteCall(state, false)
  expect(takeAll(state, 7_000)).toBe(10)
  noteCall(state, false)
  expect(takeAll(state, 9_000)).toBe(0)
  noteCall(state, true)
  expect(takeAll(state, 9_000)).toBe(10)
})

test('five requests at 0.2 earn one retry, four do not', () => {
  const state = inBreach()
  takeAll(state)
  for (let request = 0; request < 4; request += 1) depositRequest(state, 0.2)
  expect(takeAll(state)).toBe(0)
  depositRequest(state, 0.2)
  expect(takeAll(state)).toBe(1)
})

test('ten are saved up at the most', () => {
  const state = inBreach()
  for (let request = 0; request < 1_000; request += 1) depositRequest(state, 0.2)
  expect(takeAll(state)).toBe(10)
})

test.each([
  [1, 2, true],
  [1, 3, false],
  [15, 3, false],
  [20, 3, true],
  [20, 4, false],
])('in a breach with %i active and %i retrying: %s', (active, retrying, expected) => {
  expect(takeRetry(inBreach(), { active, retrying, now: 0 })).toBe(expected)
  expect(takeRetry(fresh(), { active, retrying, now: 0 })).toBe(true)
})

test('whatever comes in whatever order, without a success what is spent is earned or the start', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(10_000))), fc.double({ min: 0, max: 1, noNaN: true }), (events, ratio) => {
      const state = fresh()
      let requests = 0
      let retries = 0
      for (const [isRequest, now] of events) {
        if (isRequest) {
          depositRequest(state, ratio)
          requests += 1
        } else if (takeRetry(state, { ...QUIET, now })) retries += 1
        // Each retry follows a call that failed.
        noteCall(state, false)
        expect(retries).toBeLessThanOrEqual(3 + ratio * requests + 1e-6)
      }
    }),
  )
})

test.each([
  [2, 1, false],
  [3, 1, true],
  [3, 3, true],
  [3, 4, false],
  [7, 8, false],
  [8, 8, true],
])('after %i failures in a row with %i active it is an outage: %s', (failures, active, expected) => {
  const state = fresh()
  for (let call = 0; call < failures; call += 1) noteCall(state, false)
  expect(isOutage(state, active)).toBe(expected)
  noteCall(state, true)
  expect(isOutage(state, active)).toBe(false)
})
