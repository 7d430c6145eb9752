import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ACCOUNT_SIZE,
  canTake,
  claimed,
  claimOf,
  counterRead,
  exactClaimOf,
  hasOpen,
  isCovered,
  leftOf,
  settle,
  spentOf,
  take,
} from './account.ts'

const fresh = () => new Float64Array(ACCOUNT_SIZE)
type Step = { readonly kind: 'ask' | 'end' | 'write' | 'crash' | 'read'; readonly who: 0 | 1; readonly size: number }
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('ask', 'ask', 'ask', 'end', 'end', 'write', 'crash', 'read'),
    who: fc.constantFrom(0, 1),
    size: fc.integer({ min: 0, max: 9 }),
  }),
  { maxLength: 200 },
)

/** Gateways over one counter, as the book runs them: nothing is sent before the counter covers it. */
function play(all: readonly Step[], { amount, block, gateways }: { amount: number; block: number; gateways: 1 | 2 }) {
  let counter = 0
  let really = 0
  const accounts = [fresh(), fresh()]
  const open: { who: number; size: number }[][] = [[], []]
  const write = (account: Float64Array, amountOf: (account: Float64Array) => number) => {
    const add = amountOf(account)
    counter += add
    claimed(account, add)
  }
  for (const { kind, who: asked, size } of all) {
    const who = gateways === 1 ? 0 : asked
    const account = accounts[who] ?? fresh()
    const requests = open[who] ?? []
    if (kind === 'ask' && canTake(account, size, amount)) {
      take(account, size)
      if (!isCovered(account)) write(account, (each) => claimOf(each, amount, block))
      expect(isCovered(account)).toBe(true)
      requests.push({ who, size })
    }
    if (kind === 'end') {
      const request = requests.shift()
      if (request === undefined) continue
      const actual = Math.min(size, request.size)
      settle(account, request.size, actual)
      really += actual
    }
    if (kind === 'write') write(account, (each) => claimOf(each, amount, block))
    if (kind === 'read') counterRead(account, counter)
    if (kind === 'crash') {
      // What was open is answered all the same, as far as anybody knows.
      for (const request of requests.splice(0)) really += request.size
      accounts[who] = fresh()
      counterRead(accounts[who] ?? fresh(), counter)
    }
    const held = open.flat().reduce((sum, request) => sum + request.size, 0)
    // All that was spent, or may be yet, is in the store at any time.
    expect(counter).toBeGreaterThanOrEqual(really + held)
    if (gateways === 1) expect(really + held).toBeLessThanOrEqual(amount)
  }
  return { accounts, counter: () => counter, really: () => really, open, write }
}

describe('an account', () => {
  it('is never overdrawn, whatever crashes', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 8 }), (all, amount, block) => {
        play(all, { amount, block, gateways: 1 })
      }),
    )
  })

  it('is in the store with all that was spent, of several gateways, too', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 8 }), (all, amount, block) => {
        play(all, { amount, block, gateways: 2 })
      }),
    )
  })

  it('is exact after a graceful end', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 60 }), (all, amount) => {
        const { accounts, counter, really, open, write } = play(
          all.filter(({ kind }) => kind !== 'crash'),
          { amount, block: 3, gateways: 2 },
        )
        for (const [who, account] of accounts.entries()) {
          for (const request of open[who] ?? []) settle(account, request.size, 0)
          write(account, exactClaimOf)
          expect(hasOpen(account)).toBe(false)
        }
        expect(counter()).toBe(really())
      }),
    )
  })

  it('claims a block ahead, again when half of it is used, gives back what is far too much, and stays within the amount', () => {
    const account = fresh()
    expect(claimOf(account, 100, 10)).toBe(10)
    claimed(account, 10)
    take(account, 5)
    expect(claimOf(account, 100, 10)).toBe(0)
    take(account, 1)
    expect(claimOf(account, 100, 10)).toBe(6)
    take(account, 60)
    claimed(account, claimOf(account, 100, 10))
    settle(account, 66, 6)
    expect(claimOf(account, 100, 10)).toBe(-60)
    claimed(account, -60)
    counterRead(account, 95)
    expect([spentOf(account), leftOf(account, 100), claimOf(account, 100, 10)]).toEqual([85, 15, 0])
    take(account, 15)
    expect(claimOf(account, 100, 10)).toBe(5)
  })

  it('that is used up lets nothing through, not even what costs nothing', () => {
    const account = fresh()
    take(account, 5)
    expect([canTake(account, 0, 5), canTake(account, 0, 6), canTake(account, 2, 6)]).toEqual([false, true, false])
    settle(account, 5, 9)
    expect([leftOf(account, 5), canTake(account, 0, 5)]).toEqual([0, false])
  })
})
