import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hash32 } from '../lib/hash.ts'
import { MEMORY_SIZE, type Candidate } from './chooser.ts'
import { LATENCY_SIZE } from './latency.ts'
import { rendezvous } from './rendezvous.ts'

const KEYS = 20_000

function candidate(id: string, weight = 1): Candidate {
  return { weight, inFlight: 0, seed: hash32(id), memory: new Float64Array(MEMORY_SIZE), latency: new Float64Array(LATENCY_SIZE) }
}

const ten = Array.from({ length: 10 }, (_, index) => candidate(`gpu-${index}/Qwen/Qwen3-8B`))
const addresses = Array.from({ length: KEYS }, (_, index) => hash32(`10.0.${index >> 8}.${index & 255}`))

/** Which candidate each key falls to. */
function place(present: readonly Candidate[], hashes: readonly number[]): (Candidate | undefined)[] {
  return hashes.map((hash) => present[rendezvous(present, { hash, random: () => Number.NaN, now: 0 })])
}

/** Pearson's chi-square of how often each candidate stands in `placed` against its weight. */
function chiSquare(placed: readonly (Candidate | undefined)[], present: readonly Candidate[]): number {
  const total = present.reduce((sum, { weight }) => sum + weight, 0)
  return present.reduce((sum, one) => {
    const expected = (placed.length * one.weight) / total
    const count = placed.filter((candidate) => candidate === one).length
    return sum + (count - expected) ** 2 / expected
  }, 0)
}

/** The 99.9 % points; the keys are fixed, so a test that passes passes always. */
const CHI_SQUARE_LIMIT = { 2: 13.8, 8: 26.1, 9: 27.9 } as const

describe('rendezvous', () => {
  it.each([
    ['addresses of one network', (index: number) => `10.0.${index >> 8}.${index & 255}`],
    ['IPv6 addresses', (index: number) => `2001:db8::${index.toString(16)}`],
    ['users', (index: number) => `user-${index}`],
    ['bare numbers', (index: number) => `${index}`],
  ])('spreads %s evenly over instances whose ids differ in one character', (_, key) => {
    const hashes = Array.from({ length: KEYS }, (_, index) => hash32(key(index)))
    expect(chiSquare(place(ten, hashes), ten)).toBeLessThan(CHI_SQUARE_LIMIT[9])
  })

  it('respects weights', () => {
    const weighted = [candidate('a/m', 5), candidate('b/m', 3), candidate('c/m', 1)]
    expect(chiSquare(place(weighted, addresses), weighted)).toBeLessThan(CHI_SQUARE_LIMIT[2])
  })

  it.each(ten.map((_, index) => index))('moves only the keys of instance %i when it leaves, evenly, and back when it returns', (index) => {
    const rest = ten.filter((_, other) => other !== index)
    const before = place(ten, addresses)
    const without = place(rest, addresses)
    const moved = without.filter((now, key) => now !== before[key])
    expect(moved.length).toBe(before.filter((one) => one === ten[index]).length)
    expect(moved.length / KEYS).toBeLessThanOrEqual(0.11)
    expect(chiSquare(moved, rest)).toBeLessThan(CHI_SQUARE_LIMIT[8])
    expect(place([...rest, ...ten.slice(index, index + 1)], addresses)).toEqual(before)
  })

  it('gives the same answer in any order of the candidates', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(ten, { minLength: 2 }), fc.nat(0xffffffff), (shuffled, hash) => {
        const inOrder = ten.filter((one) => shuffled.includes(one))
        expect(place(shuffled, [hash])).toEqual(place(inOrder, [hash]))
      }),
    )
  })

  it('moves keys only towards one whose weight grows', () => {
    const grown = ten.map((one, index) => (index === 3 ? { ...one, weight: 2 } : one))
    const before = place(ten, addresses)
    const after = place(grown, addresses)
    const moved = after.filter((now, key) => now?.seed !== before[key]?.seed)
    expect(moved.length).toBeGreaterThan(0)
    expect(new Set(moved)).toEqual(new Set([grown[3]]))
  })
})
