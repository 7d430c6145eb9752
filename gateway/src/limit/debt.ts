/**
 * A debt of units that is paid off at a constant rate: the memory of both buckets. It is kept in units and not, as in
 * GCRA, as the time at which all is paid: whole costs then add up exactly, and a change of the rate holds at once.
 */

import { numberAt } from '../lib/number-at.ts'

const OWED = 0
const AT = 1

/** A vector of zeros owes nothing, whatever the time. */
export const DEBT_SIZE = 2

/** Units owed at `now`, >= 0. */
export function owedAt(state: Float64Array, perMs: number, now: number): number {
  const elapsedMs = Math.max(0, now - numberAt(state, AT))
  return Math.max(0, numberAt(state, OWED) - elapsedMs * perMs)
}

/** Adds to the debt, or with an amount < 0 takes from it what is there. */
export function addOwed(state: Float64Array, amount: number, { perMs, now }: { readonly perMs: number; readonly now: number }): void {
  if (amount === 0) return
  state[OWED] = Math.max(0, owedAt(state, perMs, now) + amount)
  state[AT] = now
}

/** If the clock has stepped back: the debt is as it was, and paid off from now on. */
export function followDebtClock(state: Float64Array, now: number): void {
  if (now < numberAt(state, AT)) state[AT] = now
}
