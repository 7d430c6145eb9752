import { PASS, TOLERANCE, type Limiter, type SettingsOf } from './limiter.ts'
import { numberAt } from '../lib/number-at.ts'

/** Milliseconds of use, 0 (cold) to `warmUpMs` (warm). */
const WARM_MS = 0
/** Units taken whose slots are not over yet. */
const OWED = 1
const AT = 2

interface Heat {
  readonly warmMs: number
  readonly owed: number
}

interface Ramp {
  /** Units per ms when cold. */
  readonly cold: number
  /** Units per ms when warm. */
  readonly warm: number
  readonly warmUpMs: number
  /** Units per ms, per ms of use. */
  readonly slope: number
}

/**
 * A constant rate without a queue, as `leaky-bucket`, but the rate is that of a server that has to get warm:
 *
 *     rate(w) = cold + (warm - cold) w / warmUpMs       cold = perMs / coldFactor, warm = perMs
 *
 * w is time of use. It runs forwards while there is something owed, and backwards when nothing has been owed for longer
 * than a unit takes, so that after `warmUpMs` of idleness all is cold again. Nobody comes in the very moment in which a
 * slot is over, and under full load gaps that count as idle would add up to a lower rate.
 *
 * It is the idea of Guava's SmoothWarmingUp (stored permits are time not used; the more of them, the slower), with two
 * differences: the rate, not the interval, is a straight line; and w is counted in time, not in permits, so that tokens
 * that are reserved and given back warm nothing.
 */
export function warmUp({ perMs, warmUpMs, coldFactor }: SettingsOf<'warm-up'>): Limiter {
  const cold = perMs / coldFactor
  const ramp: Ramp = { cold, warm: perMs, warmUpMs, slope: warmUpMs > 0 ? (perMs - cold) / warmUpMs : 0 }
  return {
    size: 3,
    check(state, cost, now) {
      if (cost === 0) return PASS
      // Stepped back: as warm as it was, and as much owed, from now on.
      if (now < numberAt(state, AT)) state[AT] = now
      const heat = heatAt(state, ramp, now)
      return heat.owed > TOLERANCE ? { kind: 'deny', retryAfterMs: timeFor(heat, ramp) } : PASS
    },
    take: (state, cost, now) => addOwed(state, cost, { ramp, now }),
    give: (state, amount, { now }) => addOwed(state, -amount, { ramp, now }),
    release() {},
    level(state, now) {
      const heat = heatAt(state, ramp, now)
      return { limit: 1, remaining: heat.owed > TOLERANCE ? 0 : 1, resetMs: timeFor(heat, ramp) }
    },
  }
}

function addOwed(state: Float64Array, amount: number, { ramp, now }: { readonly ramp: Ramp; readonly now: number }): void {
  if (amount === 0) return
  const { warmMs, owed } = heatAt(state, ramp, now)
  state[WARM_MS] = warmMs
  state[OWED] = Math.max(0, owed + amount)
  state[AT] = now
}

function heatAt(state: Float64Array, ramp: Ramp, now: number): Heat {
  const elapsedMs = Math.max(0, now - numberAt(state, AT))
  // A `warmUp` that was shortened holds for what is warm already.
  const before = { warmMs: Math.min(numberAt(state, WARM_MS), ramp.warmUpMs), owed: numberAt(state, OWED) }
  const busyMs = timeFor(before, ramp)
  const usedMs = Math.min(elapsedMs, busyMs)
  const warmMs = Math.min(ramp.warmUpMs, before.warmMs + usedMs)
  if (elapsedMs < busyMs) return { warmMs, owed: Math.max(0, before.owed - unitsIn(usedMs, before.warmMs, ramp)) }
  const idleMs = Math.max(0, elapsedMs - busyMs - 1 / rateAt(warmMs, ramp))
  return { warmMs: Math.max(0, warmMs - idleMs), owed: 0 }
}

function rateAt(warmMs: number, { cold, slope }: Ramp): number {
  return cold + slope * warmMs
}

/** How long until what is owed is paid: the rate's integral, as `unitsIn`, solved for the time. */
function timeFor({ warmMs, owed }: Heat, ramp: Ramp): number {
  const { warm, warmUpMs, slope } = ramp
  const rate = rateAt(warmMs, ramp)
  const toWarmMs = warmUpMs - warmMs
  const beyond = owed - ((rate + warm) / 2) * toWarmMs
  if (beyond >= 0) return toWarmMs + beyond / warm
  // The root of rate t + slope t² / 2 = owed, in the form that also holds for a slope of 0.
  return (2 * owed) / (rate + Math.sqrt(rate * rate + 2 * slope * owed))
}

/** How much passes in so much time of use. */
function unitsIn(ms: number, warmMs: number, ramp: Ramp): number {
  const rampMs = Math.min(ms, ramp.warmUpMs - warmMs)
  return rateAt(warmMs + rampMs / 2, ramp) * rampMs + ramp.warm * (ms - rampMs)
}
