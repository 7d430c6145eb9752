import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LimitSettings } from './limiter.ts'
import { createLimiter } from './registry.ts'
import { checkAll, takeAll, tightest, type Claim } from './take-all.ts'

interface Named extends Claim {
  readonly name: string
}

function claim(name: string, settings: LimitSettings, { cost = 1, taken = 0 } = {}): Named {
  const limiter = createLimiter(settings)
  const state = new Float64Array(limiter.size)
  limiter.take(state, taken, 0)
  return { name, limiter, state, cost }
}

const bucket = (burst: number): LimitSettings => ({ algorithm: 'token-bucket', perMs: 0.01, burst })
const leaky = (queue: number): LimitSettings => ({ algorithm: 'leaky-bucket', perMs: 0.01, queue })
const open = (limit: number): LimitSettings => ({ algorithm: 'concurrency', limit })

describe('checkAll', () => {
  it('passes where nothing is limited', () => {
    expect(checkAll([], 0)).toEqual({ kind: 'pass', waitMs: 0 })
  })

  it('passes where all pass, after the longest wait', () => {
    const claims = [claim('a', leaky(5), { taken: 2 }), claim('b', leaky(5), { taken: 3 }), claim('c', bucket(4), { taken: 3 })]
    expect(checkAll(claims, 0)).toEqual({ kind: 'pass', waitMs: 300 })
    expect(checkAll(claims.slice(0, 1), 0)).toEqual({ kind: 'pass', waitMs: 200 })
  })

  it('is denied by the one that can pass last, wherever it stands', () => {
    const short = claim('short', bucket(4), { taken: 4 })
    const long = claim('long', bucket(4), { taken: 4, cost: 3 })
    const equal = claim('equal', bucket(3), { taken: 3, cost: 3 })
    const passing = claim('passing', leaky(9), { taken: 9 })
    const never = claim('never', open(2), { cost: 3 })
    expect(checkAll([passing, short, long, equal, passing], 0)).toEqual({ kind: 'deny', claim: long, retryAfterMs: 300 })
    expect(checkAll([equal, long, short], 0)).toEqual({ kind: 'deny', claim: equal, retryAfterMs: 300 })
    expect(checkAll([long, never, short], 0)).toEqual({ kind: 'deny', claim: never, retryAfterMs: Infinity })
    expect(checkAll([short, passing], 0)).toEqual({ kind: 'deny', claim: short, retryAfterMs: 100 })
  })

  it('is denied even by one that says it may come back at once', () => {
    const limiter = { ...createLimiter(open(1)), check: () => ({ kind: 'deny', retryAfterMs: 0 }) as const }
    const strange = { limiter, state: new Float64Array(1), cost: 1 }
    expect(checkAll([strange], 0)).toEqual({ kind: 'deny', claim: strange, retryAfterMs: 0 })
  })
})

it('takes from all, each its own cost at that time', () => {
  const claims = [claim('a', bucket(10), { cost: 4 }), claim('b', open(5), { cost: 2 }), claim('c', bucket(10), { cost: 0 })]
  takeAll(claims, 70)
  expect(claims.map(({ state }) => [...state])).toEqual([[4, 70], [2], [0, 0]])
})

describe('tightest', () => {
  it('is nothing where nothing is limited', () => {
    expect(tightest([], 0)).toBeUndefined()
  })

  it('is what has the smallest share left, not the smallest number', () => {
    const half = claim('half', bucket(4), { taken: 2 })
    const fifth = claim('fifth', bucket(100), { taken: 80 })
    const same = claim('same', open(5), { taken: 4 })
    expect(tightest([half, fifth, same], 500)).toEqual({ limit: 5, remaining: 1, resetMs: 1000, claim: same })
    expect(tightest([half, fifth, same], 0)).toEqual({ limit: 100, remaining: 20, resetMs: 8000, claim: fifth })
    expect(tightest([same, fifth, half], 0)).toEqual({ limit: 5, remaining: 1, resetMs: 1000, claim: same })
    expect(tightest([half], 0)).toEqual({ limit: 4, remaining: 2, resetMs: 200, claim: half })
  })

  it('takes a limit of 0 for the tightest', () => {
    const nothing = claim('nothing', open(0))
    expect(tightest([claim('one', bucket(100), { taken: 99 }), nothing], 0)?.claim.name).toBe('nothing')
    expect(tightest([claim('none', bucket(100), { taken: 100 }), nothing], 0)?.claim.name).toBe('none')
  })
})

it('is all or none: no limit is passed, and what was denied has cost nothing', () => {
  const settings = fc.array(fc.constantFrom(bucket(3), bucket(7), open(4), leaky(2)), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(settings, fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 40 }), (all, steps) => {
      const claims = all.map((one, index) => claim(`${index}`, one))
      let now = 0
      for (const waitMs of steps) {
        now += waitMs
        const before = claims.map(({ state }) => [...state])
        const each = claims.map(({ limiter, state, cost }) => limiter.check(state, cost, now).kind)
        const admission = checkAll(claims, now)
        expect(claims.map(({ state }) => [...state])).toEqual(before)
        expect(admission.kind).toBe(each.includes('deny') ? 'deny' : 'pass')
        if (admission.kind === 'pass') takeAll(claims, now)
      }
    }),
  )
})
