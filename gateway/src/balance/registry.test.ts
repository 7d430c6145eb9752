import { BALANCERS as NAMES } from '@jairouter/contract/names'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hash32, mix32 } from '../lib/hash.ts'
import { MEMORY_SIZE, type Candidate } from './chooser.ts'
import { LATENCY_SIZE, recordLatency } from './latency.ts'
import { BALANCERS } from './registry.ts'

interface Open extends Candidate {
  inFlight: number
}

function candidate(weight: number, seed = 0, inFlight = 0): Open {
  return { weight, inFlight, seed, memory: new Float64Array(MEMORY_SIZE), latency: new Float64Array(LATENCY_SIZE) }
}

const weights = fc.oneof(fc.constantFrom(1e-6, 1, 1e6), fc.double({ min: 1e-6, max: 1e6, noNaN: true }))
const uint32 = fc.nat(0xffffffff)
const times = fc.nat(1e9)
const samples = fc.double({ min: 0, max: 1e7, noNaN: true })
const draws = fc.oneof(fc.constantFrom(0, 1 - 2 ** -53), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }))

it('has a balancer for every name', () => {
  expect(Object.keys(BALANCERS).sort()).toEqual([...NAMES].sort())
})

describe.each(NAMES)('%s', (name) => {
  const choose = BALANCERS[name]

  it('stays in range and finite, whatever the weights, loads and draws', () => {
    const candidates = fc.array(fc.record({ weight: weights, seed: uint32, inFlight: fc.nat(100_000) }), { minLength: 1, maxLength: 20 })
    const requests = fc.array(fc.record({ draw: draws, hash: uint32, now: times, sampleMs: samples }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(candidates, requests, (drafts, requests) => {
        const candidates = drafts.map(({ weight, seed, inFlight }) => candidate(weight, seed, inFlight))
        for (const { draw, hash, now, sampleMs } of requests) {
          const index = choose(candidates, { random: () => draw, hash, now })
          const chosen = candidates[index]
          expect(chosen).toBeDefined()
          if (chosen !== undefined) recordLatency(chosen.latency, sampleMs, now)
        }
        for (const { memory, latency } of candidates) expect([...memory, ...latency].every(Number.isFinite)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('takes the only candidate', () => {
    fc.assert(
      fc.property(
        weights,
        uint32,
        fc.nat(100_000),
        fc.record({ draw: draws, hash: uint32, now: times }),
        (weight, seed, inFlight, { draw, hash, now }) => {
          expect(choose([candidate(weight, seed, inFlight)], { random: () => draw, hash, now })).toBe(0)
        },
      ),
    )
  })

  it('shares 9,000 requests that stay open 5:3:1 within 1 %', () => {
    const candidates = ['a', 'b', 'c'].map((id, index) => candidate([5, 3, 1][index] ?? 0, hash32(`${id}/model`)))
    const counts = [0, 0, 0]
    let draws = 0
    const random = () => {
      draws += 1
      return mix32(7, draws) / 2 ** 32
    }
    for (let request = 0; request < 9_000; request += 1) {
      const index = choose(candidates, { random, hash: hash32(`session-${request}`), now: request })
      counts[index] = (counts[index] ?? 0) + 1
      const chosen = candidates[index]
      if (chosen !== undefined) chosen.inFlight += 1
    }
    for (const [index, expected] of [5_000, 3_000, 1_000].entries()) {
      expect(Math.abs((counts[index] ?? 0) - expected)).toBeLessThanOrEqual(90)
    }
  })
})
