/** How long a breaker stays open: the BACK_OFF_SIZE numbers of its vector that follow those of `trip.ts`. */

import { TRIP_SIZE } from './trip.ts'
import { numberAt } from '../lib/number-at.ts'

/** Openings that are not forgotten yet. */
const TRIPS = TRIP_SIZE
const CLOSED_AT = TRIP_SIZE + 1
const OPENED_AT = TRIP_SIZE + 2
const NEXT_PROBE_AT = TRIP_SIZE + 3

export const BACK_OFF_SIZE = 4

/** After so long a time closed, the next trip is a first one. */
const FORGET_AFTER_MS = 60_000

/** 2^1024 is infinite, and so long a row is half a day of failed probes; times an `openForMs` of 0 it would be no number. */
const MOST_DOUBLINGS = 40

export interface BackOffSettings {
  /** Of the first opening; doubles with each that follows. */
  readonly openForMs: number
  /** At least `openForMs`. */
  readonly maxOpenForMs: number
}

export interface BackOffTime {
  readonly isClosed: boolean
  readonly now: number
}

/** It opens: for `openForMs` x 2^trips with equal jitter, half of it fixed and half random, at most `maxOpenForMs`. */
export function startWaiting(
  state: Float64Array,
  { openForMs, maxOpenForMs }: BackOffSettings,
  { isClosed, now, random }: BackOffTime & { readonly random: () => number },
): void {
  const trips = tripsAt(state, { isClosed, now })
  // Bounded before the jitter: after it, breakers that have backed off fully would all probe together.
  const mostMs = Math.min(openForMs * 2 ** Math.min(trips, MOST_DOUBLINGS), maxOpenForMs)
  state[TRIPS] = trips + 1
  state[OPENED_AT] = now
  state[NEXT_PROBE_AT] = now + (mostMs / 2) * (1 + random())
}

/** It is half-open. */
export function stopWaiting(state: Float64Array, now: number): void {
  state[NEXT_PROBE_AT] = now
}

/** It closes. */
export function startForgetting(state: Float64Array, now: number): void {
  state[CLOSED_AT] = now
}

export function hasWaited(state: Float64Array, settings: BackOffSettings, now: number): boolean {
  // A clock that was set back to before the opening would else hold it open until it has caught up.
  return now >= nextProbeAt(state, settings) || now < openedAt(state)
}

/** A `maxOpenForMs` that was lowered holds for what is open, too. */
export function nextProbeAt(state: Float64Array, { maxOpenForMs }: BackOffSettings): number {
  return Math.min(numberAt(state, NEXT_PROBE_AT), openedAt(state) + maxOpenForMs)
}

export function openedAt(state: Float64Array): number {
  return numberAt(state, OPENED_AT)
}

export function tripsAt(state: Float64Array, { isClosed, now }: BackOffTime): number {
  const isForgotten = isClosed && now - numberAt(state, CLOSED_AT) >= FORGET_AFTER_MS
  return isForgotten ? 0 : numberAt(state, TRIPS)
}
