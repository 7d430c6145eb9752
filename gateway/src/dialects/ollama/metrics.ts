import type { Usage } from '../../endpoints/usage.ts'
import type { JsonObject } from '../../lib/json.ts'

const NANOSECONDS_PER_MILLISECOND = 1_000_000

/** When an answer was asked for, began and ended, in epoch milliseconds. */
export interface AnswerTimes {
  readonly askedMs: number
  readonly firstMs: number
  readonly endedMs: number
}

/**
 * The figures of an answer's last line; durations are nanoseconds, as the gateway saw them. What passed until the
 * first word counts as reading the prompt: queue, network and loading are in it. Counts that nobody told are left out.
 */
export function metricsOf({ askedMs, firstMs, endedMs }: AnswerTimes, usage: Usage | undefined): JsonObject {
  return {
    total_duration: durationOf(askedMs, endedMs),
    load_duration: 0,
    ...(usage === undefined ? {} : { prompt_eval_count: usage.promptTokens }),
    prompt_eval_duration: durationOf(askedMs, firstMs),
    ...(usage === undefined ? {} : { eval_count: usage.completionTokens }),
    eval_duration: durationOf(firstMs, endedMs),
  }
}

/** A clock that was set back must not make a negative one. */
export function durationOf(fromMs: number, toMs: number): number {
  return Math.max(0, Math.round((toMs - fromMs) * NANOSECONDS_PER_MILLISECOND))
}
