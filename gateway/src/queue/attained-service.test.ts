import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AttainedService, levelOf, liftTo } from './attained-service.ts'

const MINUTE = 60_000
const CAP = 10_000

function charged(charges: readonly (readonly [tokens: number, now: number])[]): number {
  const service = new AttainedService()
  for (const [tokens, now] of charges) service.charge('a', tokens, now)
  return service.levelOf('a', 1)
}

describe('what a flow has had', () => {
  it.each([
    [[], -Infinity],
    [[[0, 0]], -Infinity],
    [[[8, 0]], 3],
    [
      [
        [8, 0],
        [8, 0],
      ],
      4,
    ],
    [
      [
        [8, 0],
        [24, 0],
      ],
      5,
    ],
    // A minute later half as many count as much.
    [
      [
        [8, 0],
        [4, MINUTE],
      ],
      4,
    ],
    [
      [
        [4, MINUTE],
        [8, 0],
      ],
      4,
    ],
    [
      [
        [8, 0],
        [0, MINUTE],
      ],
      3,
    ],
    [[[8, -MINUTE]], 2],
    [
      [
        [8, 0],
        [-4, 0],
      ],
      2,
    ],
    [
      [
        [8, 0],
        [-2, MINUTE],
      ],
      2,
    ],
    [
      [
        [8, 0],
        [-8, 0],
      ],
      -Infinity,
    ],
    [
      [
        [8, 0],
        [-9, 0],
      ],
      -Infinity,
    ],
    [[[-8, 0]], -Infinity],
    [
      [
        [8, 0],
        [-9, 0],
        [8, 0],
      ],
      3,
    ],
  ] as const)('%j is the level %d', (charges, level) => {
    expect(charged(charges)).toBe(level)
  })

  it('is divided by the weight', () => {
    const service = new AttainedService()
    service.charge('a', 8, 0)
    expect([service.levelOf('a', 4), service.levelOf('a', 0.5)]).toEqual([1, 4])
    expect(levelOf(service.hold('a'), 4)).toBe(1)
  })

  it('is what adding and halving would give, after weeks as after seconds', () => {
    const charge = fc.record({ tokens: fc.integer({ min: 1, max: 100_000 }), afterMs: fc.integer({ min: 0, max: 90_000 }) })
    fc.assert(
      fc.property(fc.array(charge, { minLength: 1, maxLength: 40 }), fc.constantFrom(0, 4e9), (charges, start) => {
        const service = new AttainedService()
        service.hold('a')
        let now = start
        let tokens = 0
        for (const step of charges) {
          now += step.afterMs
          tokens = tokens * 0.5 ** (step.afterMs / MINUTE) + step.tokens
          service.charge('a', step.tokens, now)
        }
        expect(service.levelOf('a', 1) - now / MINUTE).toBeCloseTo(Math.log2(tokens), 6)
      }),
    )
  })
})

describe('a lift', () => {
  it('raises to the level of the weight and never lowers', () => {
    const account = { flow: 'a', logService: -Infinity, holders: 1 }
    liftTo(account, 3, 4)
    expect(account.logService).toBe(5)
    expect(levelOf(account, 4)).toBe(3)
    liftTo(account, 2, 4)
    expect(account.logService).toBe(5)
    liftTo(account, -Infinity, 4)
    expect(account.logService).toBe(5)
  })
})

describe('accounts', () => {
  it('are one for each flow, however often it is held', () => {
    const service = new AttainedService()
    const account = service.hold('a')
    expect(account).toEqual({ flow: 'a', logService: -Infinity, holders: 1 })
    expect(service.hold('a')).toBe(account)
    expect(account.holders).toBe(2)
    expect(service.size).toBe(1)
    service.charge('a', 8, 0)
    expect(account.logService).toBe(3)
    expect(service.size).toBe(1)
    service.release(account)
    expect(service.size).toBe(1)
    service.release(account)
    expect(service.size).toBe(1)
    expect(service.hold('a')).toBe(account)
    expect(service.size).toBe(1)
  })

  it('that are empty go when nothing waits any more', () => {
    const service = new AttainedService()
    service.release(service.hold('a'))
    service.charge('b', 0, 0)
    service.charge('c', 8, 0)
    expect(service.size).toBe(1)
    service.charge('c', -8, 0)
    expect(service.size).toBe(0)
  })

  it('go when less than one token is left of them, two at each charge', () => {
    const service = new AttainedService()
    for (const flow of ['a', 'b', 'c', 'd']) service.charge(flow, 2, 0)
    service.charge('e', 1_000, MINUTE)
    expect(service.size).toBe(5)
    service.charge('e', 1, MINUTE + 1)
    expect(service.size).toBe(3)
    service.charge('e', 1, MINUTE + 1)
    expect(service.size).toBe(1)
    expect(service.levelOf('e', 1)).toBeGreaterThan(10)
  })

  it('stay empty when nothing is charged or given back', () => {
    const service = new AttainedService()
    const account = service.hold('a')
    service.charge('a', 0, 5)
    expect(account.logService).toBe(-Infinity)
    service.charge('a', -3, 5)
    expect(account.logService).toBe(-Infinity)
  })

  it('that are held stay, decayed or not', () => {
    const service = new AttainedService()
    service.charge('a', 2, 0)
    service.hold('a')
    service.charge('b', 2, 100 * MINUTE)
    service.charge('b', 2, 100 * MINUTE)
    expect(service.levelOf('a', 1)).toBe(1)
  })

  it('are 10,000 at most: those idle longest go', () => {
    const service = new AttainedService()
    for (let flow = 0; flow < CAP; flow += 1) service.charge(`${flow}`, 8, 0)
    service.charge('0', 8, 0)
    expect(service.size).toBe(CAP)
    service.charge('new', 8, 0)
    expect(service.size).toBe(CAP)
    expect(['0', '1', '2', 'new'].map((flow) => service.levelOf(flow, 1))).toEqual([4, -Infinity, 3, 3])
    const lifted = service.hold('lifted')
    liftTo(lifted, 3, 1)
    service.release(lifted)
    expect(service.size).toBe(CAP)
    expect(['2', '3', 'lifted'].map((flow) => service.levelOf(flow, 1))).toEqual([-Infinity, 3, 3])
  })

  it('that are held count, and are never the ones to go', () => {
    const service = new AttainedService()
    for (let flow = 0; flow <= CAP; flow += 1) service.charge(service.hold(`${flow}`).flow, 8, 0)
    expect(service.size).toBe(CAP + 1)
    service.charge('idle', 8, 0)
    expect(service.size).toBe(CAP + 1)
    expect(['0', `${CAP}`, 'idle'].map((flow) => service.levelOf(flow, 1))).toEqual([3, 3, -Infinity])
  })
})
