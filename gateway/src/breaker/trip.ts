/**
 * Whether a closed breaker should open: the TRIP_SIZE numbers of its vector that begin with the window. What it means
 * to be open is not known here.
 */

import { addSample, clearWindow, readWindow, WINDOW_SIZE } from './window.ts'
import { numberAt } from '../lib/number-at.ts'

export type TripReason = 'consecutive' | 'failure-rate'

export interface TripSettings {
  /** Trips at so many failures in a row. */
  readonly consecutive: number
  /** Trips where so large a part of the window's calls failed, in (0, 1], but not before there are `minimum` calls. */
  readonly failureRate: number
  readonly minimum: number
  readonly windowMs: number
}

export interface TripContext {
  readonly settings: TripSettings
  readonly now: number
  readonly mayTrip: (reason: TripReason) => boolean
}

/**
 * Failures in a row, however far apart: the window sees too little of a model that is asked once in a minute, so only
 * this can tell that it fails.
 */
const CONSECUTIVE_FAILURES = WINDOW_SIZE

export const TRIP_SIZE = WINDOW_SIZE + 1

/** Notes how a call ended, and says why to trip if it is due and may be. Only a failure trips. */
export function noteCall(state: Float64Array, outcome: 'ok' | 'failed', { settings, now, mayTrip }: TripContext): TripReason | undefined {
  const failed = outcome === 'failed'
  const time = { windowMs: settings.windowMs, now }
  addSample(state, failed, time)
  const consecutive = failed ? consecutiveFailures(state) + 1 : 0
  state[CONSECUTIVE_FAILURES] = consecutive
  if (!failed) return undefined
  if (consecutive >= settings.consecutive && mayTrip('consecutive')) return 'consecutive'
  const { samples, failures } = readWindow(state, time)
  const isRateDue = samples >= settings.minimum && failures / samples >= settings.failureRate
  return isRateDue && mayTrip('failure-rate') ? 'failure-rate' : undefined
}

export function consecutiveFailures(state: Float64Array): number {
  return numberAt(state, CONSECUTIVE_FAILURES)
}

export function forgetCalls(state: Float64Array): void {
  clearWindow(state)
  state[CONSECUTIVE_FAILURES] = 0
}
