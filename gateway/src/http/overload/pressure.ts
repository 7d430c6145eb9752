import type { Band } from '@jairouter/contract/names'

/**
 * How near the process is to what it cannot do, as one number, and what is given up at which. The greatest share
 * counts, not a mean: any one resource that runs out takes everything with it.
 */

export interface PressureSample {
  /** How late the event loop is: p99 of the last seconds (loop-delay.ts). */
  readonly loopDelayMs: number
  /** Shares, 0 to 1 and above: of V8's heap limit (not of the heap as it is, which is always nearly full) ... */
  readonly heapUsedShare: number
  /** ... of the memory that the process may have ... */
  readonly rssShare: number
  /** ... of the sockets that it may have open ... */
  readonly socketsShare: number
  /** ... and of the bytes that may wait in queues. */
  readonly queuedBytesShare: number
}

export interface PressureLimits {
  /** Lateness of the event loop that is a pressure of 1. */
  readonly loopDelayMs: number
}

/**
 * `strained`: no hedges. `shedding`: batch and default get 503 with `Retry-After` and
 * `connection: close`. `full`: nothing but health and admin.
 */
export type Level = 'calm' | 'strained' | 'shedding' | 'full'

/** Highest first; `from`: the pressure that it begins at. */
const STEPS: readonly { readonly level: Level; readonly from: number }[] = [
  { level: 'full', from: 0.98 },
  { level: 'shedding', from: 0.95 },
  { level: 'strained', from: 0.85 },
  { level: 'calm', from: 0 },
]

/** How far below its beginning the pressure must fall before a level is left. */
const HYSTERESIS = 0.05

/** 0 calm, 1 at a limit, more beyond it. */
export function pressureOf(sample: PressureSample, limits: PressureLimits): number {
  const { loopDelayMs, heapUsedShare, rssShare, socketsShare, queuedBytesShare } = sample
  return Math.max(loopDelayMs / limits.loopDelayMs, heapUsedShare, rssShare, socketsShare, queuedBytesShare)
}

/**
 * Up at once, to whatever the pressure says. Down one step at a time, each look one, and only from 0.05 below where the
 * level begins (full until 0.93, shedding until 0.90, strained until 0.80): what is shed is what made the pressure, and
 * all of it would be back at once.
 */
export function levelOf(pressure: number, previous: Level = 'calm'): Level {
  const current = STEPS.findIndex(({ level }) => level === previous)
  const risen = STEPS.findIndex(({ from }) => pressure >= from)
  if (risen >= 0 && risen <= current) return STEPS[risen]?.level ?? previous
  const step = STEPS[current]
  if (step === undefined || pressure >= step.from - HYSTERESIS) return previous
  return STEPS[current + 1]?.level ?? previous
}

/** Whether requests of the band are refused. What people wait for goes on as long as anything does. */
export function sheds(level: Level, band: Band): boolean {
  if (level === 'full') return true
  return level === 'shedding' && (band === 'default' || band === 'batch')
}

/** Whole seconds, 1 to 5, for `Retry-After`: all who were refused together must not come back together. */
export function retryAfterSeconds(random: () => number): number {
  return 1 + Math.floor(random() * 5)
}
