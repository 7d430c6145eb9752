import { describe, expect, it } from 'vitest'
import { MEMORY_SIZE, type Candidate } from './chooser.ts'
import { LATENCY_SIZE } from './latency.ts'
import { weightedRandom } from './random.ts'

function candidates(weights: readonly number[]): Candidate[] {
  return weights.map((weight) => ({
    weight,
    inFlight: 0,
    seed: 0,
    memory: new Float64Array(MEMORY_SIZE),
    latency: new Float64Array(LATENCY_SIZE),
  }))
}

const draw = (weights: readonly number[], random: number) => weightedRandom(candidates(weights), { random: () => random, hash: 0, now: 0 })

describe('weightedRandom', () => {
  it.each([
    [0, 0],
    [0.499, 0],
    [0.5, 1],
    [0.749, 1],
    [0.75, 2],
    [1 - 2 ** -53, 2],
  ])('maps a draw of %d to the candidate that holds that part of the weight', (random, expected) => {
    expect(draw([2, 1, 1], random)).toBe(expected)
  })

  it('takes the last one where rounding leaves a rest', () => {
    // 0.1 + 0.2 + 0.3 = 0.6000000000000001, but its greatest draw less 0.1, 0.2 and 0.3 is 0 and not below.
    expect(draw([0.1, 0.2, 0.3], 1 - 2 ** -53)).toBe(2)
  })
})
