import { numberAt } from '../lib/number-at.ts'

/**
 * A budget's account of one period: a vector of whole units. The store's counter holds what all gateways have claimed
 * together. Each claims ahead of what it spends, so that no crash lets anybody spend the same twice: what was claimed
 * and not spent is given back at a graceful stop, and stays spent after a crash.
 */
export const ACCOUNT_SIZE = 4

/** What others have claimed, and runs before this one. */
const ELSEWHERE = 0
/** Settled here. */
const USED = 1
/** Reserved here by requests that are open. */
const HELD = 2
/** What is in the store of what this run has claimed. */
const CLAIMED = 3

export function spentOf(account: Float64Array): number {
  return numberAt(account, ELSEWHERE) + numberAt(account, USED)
}

export function leftOf(account: Float64Array, amount: number): number {
  return Math.max(0, amount - spentOf(account) - numberAt(account, HELD))
}

/** Something must be left, whatever the request costs: also what costs nothing waits for the next period. */
export function canTake(account: Float64Array, cost: number, amount: number): boolean {
  const left = amount - spentOf(account) - numberAt(account, HELD)
  return left > 0 && cost <= left
}

export function take(account: Float64Array, cost: number): void {
  account[HELD] = numberAt(account, HELD) + cost
}

/** Once for each `take`: what it really was. It may be more than was reserved. */
export function settle(account: Float64Array, reserved: number, actual: number): void {
  account[HELD] = Math.max(0, numberAt(account, HELD) - reserved)
  account[USED] = numberAt(account, USED) + actual
}

/** Requests are open that have reserved something. */
export function hasOpen(account: Float64Array): boolean {
  return numberAt(account, HELD) > 0
}

/** Whether all that is spent and reserved here is in the store. */
export function isCovered(account: Float64Array): boolean {
  return neededOf(account) <= numberAt(account, CLAIMED)
}

/** What to add to the counter now; 0 while there is enough ahead, and not far too much. `block`: how much to be ahead. */
export function claimOf(account: Float64Array, amount: number, block: number): number {
  const needed = neededOf(account)
  const claimed = numberAt(account, CLAIMED)
  const ahead = claimed - needed
  // Never beyond what the budget has left, but for what is spent already.
  const wanted = Math.max(needed, Math.min(needed + block, amount - numberAt(account, ELSEWHERE)))
  if (ahead >= block / 2 && ahead <= 2 * block) return 0
  return wanted - claimed
}

/** What to add so that the counter says exactly what was spent; requests that are open keep what they reserved. */
export function exactClaimOf(account: Float64Array): number {
  return neededOf(account) - numberAt(account, CLAIMED)
}

/** It was added. */
export function claimed(account: Float64Array, added: number): void {
  account[CLAIMED] = numberAt(account, CLAIMED) + added
}

/** What the counter says, this run's claims among it. */
export function counterRead(account: Float64Array, counter: number): void {
  account[ELSEWHERE] = Math.max(0, counter - numberAt(account, CLAIMED))
}

function neededOf(account: Float64Array): number {
  return numberAt(account, USED) + numberAt(account, HELD)
}
