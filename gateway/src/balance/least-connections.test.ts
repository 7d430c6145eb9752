import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mix32 } from '../lib/hash.ts'
import { MEMORY_SIZE, type Candidate } from './chooser.ts'
import { LATENCY_SIZE } from './latency.ts'
import { leastConnections } from './least-connections.ts'

interface Open extends Candidate {
  inFlight: number
}

function candidates(weights: readonly number[], inFlight: readonly number[] = []): Open[] {
  return weights.map((weight, index) => ({
    weight,
    inFlight: inFlight[index] ?? 0,
    seed: 0,
    memory: new Float64Array(MEMORY_SIZE),
    latency: new Float64Array(LATENCY_SIZE),
  }))
}

function seeded(seed: number): () => number {
  let step = 0
  return () => {
    step += 1
    return mix32(seed, step) / 2 ** 32
  }
}

const choose = (present: readonly Candidate[], random: () => number) => leastConnections(present, { random, hash: 0, now: 0 })

/** Opens `requests` leases; each open lease of candidate i ends at each step with probability endsAt[i]. Returns who got how many. */
function simulate(present: readonly Open[], requests: number, endsAt: readonly number[]): number[] {
  const random = seeded(11)
  const counts = present.map(() => 0)
  for (let request = 0; request < requests; request += 1) {
    const index = choose(present, random)
    counts[index] = (counts[index] ?? 0) + 1
    for (const [other, one] of present.entries()) {
      if (other === index) one.inFlight += 1
      for (let lease = one.inFlight; lease > 0; lease -= 1) if (random() < (endsAt[other] ?? 1)) one.inFlight -= 1
    }
  }
  return counts
}

/** Opens `requests` leases that all stay open. */
function openMany(present: readonly Open[], requests: number, seed: number): void {
  const random = seeded(seed)
  for (let request = 0; request < requests; request += 1) {
    const chosen = present[choose(present, random)]
    if (chosen !== undefined) chosen.inFlight += 1
  }
}

describe('leastConnections', () => {
  it.each([
    [[1, 1, 1], [2, 1, 3], 1],
    [[5, 3, 1], [5, 2, 1], 1],
    [[5, 3, 1], [4, 3, 1], 0],
    [[1e6, 1e-6], [1_000, 0], 1],
  ])('weights %j with %j open: %i', (weights, inFlight, expected) => {
    expect(choose(candidates(weights, inFlight), seeded(1))).toBe(expected)
  })

  it('shares requests that come one at a time by weight', () => {
    const present = candidates([5, 3, 1])
    const counts = simulate(present, 9_000, [1, 1, 1])
    for (const [index, expected] of [5_000, 3_000, 1_000].entries()) {
      expect(Math.abs((counts[index] ?? 0) - expected)).toBeLessThanOrEqual(90)
    }
  })

  it('knows a tie when rounding hides it', () => {
    const random = seeded(3)
    const chosen = new Set(Array.from({ length: 100 }, () => choose(candidates([0.3, 0.1], [3, 1]), random)))
    expect(chosen).toEqual(new Set([0, 1]))
  })

  it('never lets one run ahead by more than a request while thousands are open', () => {
    const weight = fc.double({ min: 0.01, max: 100, noNaN: true })
    fc.assert(
      fc.property(fc.array(weight, { minLength: 2, maxLength: 8 }), fc.nat(), (weights, seed) => {
        const present = candidates(weights)
        openMany(present, 2_000, seed)
        const lowest = Math.min(...present.map(({ inFlight, weight }) => inFlight / weight))
        for (const { inFlight, weight } of present) expect(inFlight / weight).toBeLessThanOrEqual((lowest + 1 / weight) * (1 + 1e-6))
      }),
      { numRuns: 100 },
    )
  })

  it('holds the shares with many open at once, ending at random', () => {
    const counts = simulate(candidates([5, 3, 1]), 9_000, [0.01, 0.01, 0.01])
    for (const [index, expected] of [5_000, 3_000, 1_000].entries()) {
      expect(Math.abs((counts[index] ?? 0) - expected)).toBeLessThanOrEqual(90)
    }
  })

  it('sends less to one that is slower', () => {
    const [fast = 0, slow = 0] = simulate(candidates([1, 1]), 9_000, [0.03, 0.01])
    expect(fast / slow).toBeGreaterThan(2.5)
    expect(fast / slow).toBeLessThan(3.5)
  })
})
