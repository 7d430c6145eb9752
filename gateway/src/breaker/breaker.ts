/**
 * Whether calls may go to an instance, as a state machine over a vector of numbers. `closed` lets all through and
 * watches them, `open` lets none through until a time has passed, `half-open` lets a few through to see.
 *
 * Each stay in a status is an epoch, and a permit names the one that it was taken in. A result that comes late, from
 * before the trip or of an earlier half-open, says nothing of now: it changes no count and frees no place.
 */

import {
  BACK_OFF_SIZE,
  hasWaited,
  nextProbeAt,
  openedAt,
  startForgetting,
  startWaiting,
  stopWaiting,
  tripsAt,
  type BackOffSettings,
} from './back-off.ts'
import { consecutiveFailures, forgetCalls, noteCall, TRIP_SIZE, type TripReason, type TripSettings } from './trip.ts'
import { readWindow } from './window.ts'
import { numberAt } from '../lib/number-at.ts'

export type { TripReason } from './trip.ts'

const STATUSES = ['closed', 'open', 'half-open'] as const
export type BreakerStatus = (typeof STATUSES)[number]

const OPEN_REASONS = ['consecutive', 'failure-rate', 'probe-failed'] as const
/** Why it is open. */
export type OpenReason = (typeof OPEN_REASONS)[number]

/** Counts are >= 1, times > 0. */
export interface BreakerSettings extends TripSettings, BackOffSettings {
  /** Where false everything is admitted and nothing is counted. */
  readonly enabled: boolean
  /** How many calls a half-open breaker lets out at a time. */
  readonly probes: number
  /** How many of those in a row close it. */
  readonly successes: number
}

export interface BreakerTransition {
  readonly from: BreakerStatus
  readonly to: BreakerStatus
  readonly reason: OpenReason | 'waited' | 'probe-passed' | 'health-probe-passed' | 'reset'
}

export interface SettleContext {
  readonly settings: BreakerSettings
  /** Monotonic milliseconds, as every `now` here. */
  readonly now: number
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Whether the pool can do without this one. Asked at each failure for which a trip is due, until it says yes. */
  readonly mayTrip: (reason: TripReason) => boolean
}

export interface BreakerSnapshot {
  /** `open` until the first call after `nextProbeAt` is let out, which makes it `half-open`. */
  readonly status: BreakerStatus
  /** Undefined when closed. */
  readonly reason: OpenReason | undefined
  /** In a row, however far apart; stands still while not closed. */
  readonly consecutiveFailures: number
  /** Of the window; they expire by time also while not closed, when nothing is added. */
  readonly samples: number
  readonly failures: number
  /** 0 without samples. */
  readonly failureRate: number
  /** Undefined when closed. */
  readonly openedAt: number | undefined
  /** From when a probe may go out; in the past when half-open. Undefined when closed. */
  readonly nextProbeAt: number | undefined
  /** The back-off's n: openings that are not forgotten yet, so 1 in the first. The next is for `openForMs` x 2^trips. */
  readonly trips: number
}

const OWN = TRIP_SIZE + BACK_OFF_SIZE
/** Index into STATUSES. */
const STATUS = OWN
const EPOCH = OWN + 1
/** Index into OPEN_REASONS. */
const REASON = OWN + 2
const PROBES_OUT = OWN + 3
const PROBES_PASSED = OWN + 4

/** Length of the vector; all 0 is `closed`. */
export const BREAKER_SIZE = OWN + 5

/** A permit that no epoch knows: its result counts for nothing. */
const UNCOUNTED = -1

/** Whether a call may go out now; changes nothing. */
export function admits(state: Float64Array, settings: BreakerSettings, now: number): boolean {
  if (!settings.enabled) return true
  switch (breakerStatusOf(state)) {
    case 'closed':
      return true
    case 'open':
      return hasWaited(state, settings, now)
    case 'half-open':
      return numberAt(state, PROBES_OUT) < settings.probes
  }
}

/**
 * A permit for one call, to be settled exactly once. Makes an open breaker half-open, and takes a place in a half-open
 * one. A call that goes out although `admits` says no gets one, too, but counts for nothing.
 */
export function takePermit(state: Float64Array, settings: BreakerSettings, now: number): number {
  if (!settings.enabled || !admits(state, settings, now)) return UNCOUNTED
  if (breakerStatusOf(state) === 'open') halfOpen(state, now)
  if (breakerStatusOf(state) === 'half-open') state[PROBES_OUT] = numberAt(state, PROBES_OUT) + 1
  return numberAt(state, EPOCH)
}

/**
 * How the call ended that the permit was for. `ignored` only gives the place back: what says nothing of the instance
 * (client left, our own limit, a hedge's loser, an upstream 4xx). Returns the transition if there was one.
 */
export function settlePermit(
  state: Float64Array,
  permit: number,
  outcome: 'ok' | 'failed' | 'ignored',
  context: SettleContext,
): BreakerTransition | undefined {
  if (permit !== numberAt(state, EPOCH)) return undefined
  const isProbe = breakerStatusOf(state) === 'half-open'
  // Also where it was disabled in the meantime: it may be enabled again before anything else gives the place back.
  if (isProbe) state[PROBES_OUT] = Math.max(0, numberAt(state, PROBES_OUT) - 1)
  if (outcome === 'ignored' || !context.settings.enabled) return undefined
  if (isProbe) return settleProbe(state, outcome, context)
  const reason = noteCall(state, outcome, context)
  return reason === undefined ? undefined : open(state, reason, context)
}

/** An active health probe passed: an open breaker need not wait any longer, and is half-open at once. */
export function healthProbePassed(state: Float64Array, now: number): BreakerTransition | undefined {
  if (breakerStatusOf(state) !== 'open') return undefined
  halfOpen(state, now)
  return { from: 'open', to: 'half-open', reason: 'health-probe-passed' }
}

/** By hand: closed, and all forgotten. Calls that are out are late ones. */
export function reset(state: Float64Array): BreakerTransition | undefined {
  const from = breakerStatusOf(state)
  const epoch = numberAt(state, EPOCH) + 1
  state.fill(0)
  state[EPOCH] = epoch
  return from === 'closed' ? undefined : { from, to: 'closed', reason: 'reset' }
}

export function breakerStatusOf(state: Float64Array): BreakerStatus {
  const status = numberAt(state, STATUS)
  if (status === STATUSES.indexOf('open')) return 'open'
  return status === STATUSES.indexOf('half-open') ? 'half-open' : 'closed'
}

/**
 * Whether it keeps calls off, or would if it were for its calls alone: it has seen its row of failures, and is closed
 * only because the pool cannot do without it.
 */
export function isDueToTrip(state: Float64Array, settings: BreakerSettings): boolean {
  return settings.enabled && (breakerStatusOf(state) !== 'closed' || consecutiveFailures(state) >= settings.consecutive)
}

/** What it is and why, for people. A disabled one is `closed`, whatever it was when it was disabled. */
export function breakerSnapshot(state: Float64Array, settings: BreakerSettings, now: number): BreakerSnapshot {
  const status = settings.enabled ? breakerStatusOf(state) : 'closed'
  const { samples, failures } = readWindow(state, { windowMs: settings.windowMs, now })
  const isClosed = status === 'closed'
  return {
    status,
    reason: isClosed ? undefined : OPEN_REASONS[numberAt(state, REASON)],
    consecutiveFailures: consecutiveFailures(state),
    samples,
    failures,
    failureRate: samples === 0 ? 0 : failures / samples,
    openedAt: isClosed ? undefined : openedAt(state),
    nextProbeAt: isClosed ? undefined : nextProbeAt(state, settings),
    trips: tripsAt(state, { isClosed, now }),
  }
}

function settleProbe(state: Float64Array, outcome: 'ok' | 'failed', context: SettleContext): BreakerTransition | undefined {
  // The pool does without it already, so it is not asked again.
  if (outcome === 'failed') return open(state, 'probe-failed', context)
  const passed = numberAt(state, PROBES_PASSED) + 1
  state[PROBES_PASSED] = passed
  if (passed < context.settings.successes) return undefined
  enter(state, 'closed')
  forgetCalls(state)
  startForgetting(state, context.now)
  return { from: 'half-open', to: 'closed', reason: 'probe-passed' }
}

function open(state: Float64Array, reason: OpenReason, { settings, now, random }: SettleContext): BreakerTransition {
  const from = breakerStatusOf(state)
  startWaiting(state, settings, { isClosed: from === 'closed', now, random })
  enter(state, 'open')
  state[REASON] = OPEN_REASONS.indexOf(reason)
  return { from, to: 'open', reason }
}

function halfOpen(state: Float64Array, now: number): void {
  enter(state, 'half-open')
  stopWaiting(state, now)
}

function enter(state: Float64Array, to: BreakerStatus): void {
  state[STATUS] = STATUSES.indexOf(to)
  state[EPOCH] = numberAt(state, EPOCH) + 1
  state[PROBES_OUT] = 0
  state[PROBES_PASSED] = 0
}
