import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MEMORY_SIZE, type Candidate, type ChoiceInput } from './chooser.ts'
import { LATENCY_SIZE } from './latency.ts'
import { roundRobin } from './round-robin.ts'

interface Named extends Candidate {
  readonly name: number
  weight: number
}

const NO_INPUT: ChoiceInput = { random: () => Number.NaN, hash: 0, now: 0 }

function candidates(weights: readonly number[]): Named[] {
  return weights.map((weight, name) => ({
    name,
    weight,
    inFlight: 0,
    seed: 0,
    memory: new Float64Array(MEMORY_SIZE),
    latency: new Float64Array(LATENCY_SIZE),
  }))
}

function run(present: readonly Named[], choices: number): (number | undefined)[] {
  return Array.from({ length: choices }, () => present[roundRobin(present, NO_INPUT)]?.name)
}

/** Whether each run of as many choices as there are candidates holds every one of them. */
function isRotation(order: readonly (number | undefined)[], size: number): boolean {
  return order.every((name, index) => index < size || name === order[index - size]) && new Set(order.slice(0, size)).size === size
}

const weight = fc.double({ min: 1e-6, max: 1e6, noNaN: true })

describe('roundRobin', () => {
  it('has nothing to note where there is nobody', () => {
    expect(roundRobin([], NO_INPUT)).toBe(0)
  })

  it('interleaves weights smoothly, the heavy one first', () => {
    expect(run(candidates([5, 1, 1]), 14)).toEqual([0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0, 2, 0, 0])
  })

  it('shares exactly', () => {
    const order = run(candidates([5, 3, 1]), 9_000)
    expect([0, 1, 2].map((name) => order.filter((one) => one === name).length)).toEqual([5_000, 3_000, 1_000])
  })

  it.each([1, 2, 3, 6, 7, 10, 13])('rotates %i equal ones in order, without drift', (size) => {
    for (const weight of [1, 0.1, 0.3, 1e-6, 1e6]) {
      const present = candidates(Array.from({ length: size }, () => weight))
      const strays = run(present, 100_000).findIndex((name, index) => name !== index % size)
      expect(strays).toBe(-1)
    }
  })

  it('keeps rotating while one is away, and again at most one round after it is back', () => {
    const cases = fc.integer({ min: 2, max: 12 }).chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1), fc.nat(40), fc.nat(40)))
    fc.assert(
      fc.property(cases, weight, ([size, leaver, before, away], weight) => {
        const all = candidates(Array.from({ length: size }, () => weight))
        run(all, before)
        const rest = all.filter(({ name }) => name !== leaver)
        expect(isRotation(run(rest, away + size), size - 1)).toBe(true)
        const round = run(all, size)
        for (const { name } of all) expect(round.filter((one) => one === name).length).toBeLessThanOrEqual(2)
        expect(isRotation(run(all, 5 * size), size)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  it('gives a new one its share at once, no burst and no wait', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.nat(50), (size, before) => {
        const all = candidates(Array.from({ length: size + 1 }, () => 1))
        run(all.slice(0, size), before)
        const turns = run(all, 10 * (size + 1)).filter((name) => name === size).length
        expect(turns).toBeGreaterThanOrEqual(9)
        expect(turns).toBeLessThanOrEqual(11)
      }),
    )
  })

  it('follows a changed weight without paying old debts', () => {
    const present = candidates([1_000, 1])
    run(present, 500)
    for (const one of present) one.weight = 1
    run(present, 2)
    expect(isRotation(run(present, 20), 2)).toBe(true)
  })

  it('leaves no lasting debt however candidates come and go', () => {
    const visits = fc.array(fc.array(fc.nat(7), { minLength: 1, maxLength: 8 }), { minLength: 100, maxLength: 400 })
    fc.assert(
      fc.property(fc.array(weight, { minLength: 8, maxLength: 8 }), visits, (weights, visits) => {
        const all = candidates(weights)
        for (const names of visits) {
          run(
            all.filter(({ name }) => names.includes(name)),
            1,
          )
        }
        for (const { memory } of all) expect(Math.abs(memory[0] ?? Number.NaN)).toBeLessThan(3)
      }),
    )
  })
})
