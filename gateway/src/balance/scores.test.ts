import { BALANCERS as NAMES } from '@jairouter/contract/names'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Candidate } from './chooser.ts'
import { LATENCY_SIZE } from './latency.ts'
import { isTie } from './lowest.ts'
import { BALANCERS, SCORES } from './registry.ts'

const candidate = fc
  .record({
    weight: fc.integer({ min: 1, max: 9 }),
    inFlight: fc.nat(20),
    seed: fc.nat(),
    owed: fc.integer({ min: -5, max: 5 }),
    latency: fc.tuple(fc.nat(900), fc.nat(5_000), fc.nat(5_000)),
  })
  .map(({ owed, latency, ...rest }): Candidate => ({
    ...rest,
    memory: Float64Array.of(owed / 7),
    latency: Float64Array.from({ length: LATENCY_SIZE }, (_, index) => latency[index] ?? 0),
  }))

describe.each(NAMES.filter((name) => SCORES[name] !== undefined))('%s', (name) => {
  const scores = SCORES[name]
  if (scores === undefined) throw new Error('filtered out above')

  it('chooses one with the best score, and to compute scores changes nothing', () => {
    fc.assert(
      fc.property(fc.array(candidate, { minLength: 1, maxLength: 6 }), fc.nat(), (candidates, hash) => {
        const input = { random: () => 0.5, hash, now: 6_000 }
        const before = candidates.map(({ memory, latency }) => [[...memory], [...latency]])
        const values = scores.of(candidates, input).map(({ value }) => value)
        expect(candidates.map(({ memory, latency }) => [[...memory], [...latency]])).toEqual(before)
        const chosen = values[BALANCERS[name](candidates, input)] ?? Number.NaN
        if (scores.better === 'lower') expect(isTie(chosen, Math.min(...values))).toBe(true)
        else expect(chosen).toBeCloseTo(Math.max(...values), 8)
      }),
    )
  })
})
