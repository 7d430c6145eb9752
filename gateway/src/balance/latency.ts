import { numberAt } from '../lib/number-at.ts'
/**
 * What is known of an instance's time to first token, in a vector of numbers: a peak EWMA. It believes a slow answer
 * at once and a quick one little by little, for to send too much to a slow one costs more than to send too little.
 */

/** Milliseconds; 0 as long as nothing is known. */
const ESTIMATE = 0
/** Monotonic milliseconds, as every time here. */
const SAMPLED_AT = 1
const ASKED_AT = 2

/** Length of the vector, one for each instance; all 0 is unknown. */
export const LATENCY_SIZE = 3

/** After so long a time without a sample the next one weighs 1 - 1/e. */
const TIME_CONSTANT_MS = 10_000

/**
 * How fast the estimate of one that is not asked loses its worth. One that is 10x slower than the best is as good as
 * the best after 3.3 half-lives and asked once: that is one slow answer in 33 s, a share far below 10 % wherever there
 * is traffic to speak of, and it is seen to have recovered well within a minute.
 */
const HALF_LIFE_MS = 10_000

/** An answer in no time is still an answer: 0 would say that nothing is known. */
const LEAST_MS = 0.001

/** Takes note of a first token that came after `sampleMs`. */
export function recordLatency(latency: Float64Array, sampleMs: number, now: number): void {
  const sample = Math.max(sampleMs, LEAST_MS)
  const estimate = latencyOf(latency)
  const kept = sample > estimate ? 0 : Math.exp(-between(now, latency[SAMPLED_AT]) / TIME_CONSTANT_MS)
  latency[ESTIMATE] = sample + kept * (estimate - sample)
  latency[SAMPLED_AT] = now
}

/** Takes note of a call sent: until its answer comes the estimate holds, or one that hangs would be sent more and more. */
export function noteAsked(latency: Float64Array, now: number): void {
  latency[ASKED_AT] = now
}

/** The estimate as of the last sample, ms; 0 when unknown. */
export function latencyOf(latency: Float64Array): number {
  return numberAt(latency, ESTIMATE)
}

/** What is left of `estimate` for one that was last asked, or last answered, some time ago. */
export function fadedLatency(latency: Float64Array, estimate: number, now: number): number {
  const idleMs = Math.min(between(now, latency[SAMPLED_AT]), between(now, latency[ASKED_AT]))
  return estimate * 2 ** (-idleMs / HALF_LIFE_MS)
}

/** A clock that was set back is a time that has passed, too: what was known before is old. */
function between(now: number, then = 0): number {
  return Math.abs(now - then)
}
