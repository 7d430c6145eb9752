import { isObject, type JsonObject } from '../../../lib/json.ts'
import { completionUsage } from '../canonical/token-usage.ts'

/** Anthropic's counts. `input` leaves out what came from the cache (`cacheRead`) and what went into it (`cacheWrite`). */
export interface Counts {
  readonly input: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly output: number
  /** The part of `output` that was thinking; undefined where the backend doesn't tell. */
  readonly thinking: number | undefined
}

export const NO_COUNTS: Counts = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, thinking: undefined }

/**
 * Adds a report to what is known. Counts within a stream are cumulative and may be left out or null later on, so the
 * greatest of each stands; which of two events tells the input differs between servers.
 */
export function mergeUsage(known: Counts, usage: unknown): Counts {
  if (!isObject(usage)) return known
  const details = usage['output_tokens_details']
  const thinking = isObject(details) ? details['thinking_tokens'] : undefined
  return {
    input: greater(known.input, usage['input_tokens']),
    cacheRead: greater(known.cacheRead, usage['cache_read_input_tokens']),
    cacheWrite: greater(known.cacheWrite, usage['cache_creation_input_tokens']),
    output: greater(known.output, usage['output_tokens']),
    thinking: thinking === undefined ? known.thinking : greater(known.thinking ?? 0, thinking),
  }
}

/** OpenAI's prompt tokens hold the cached ones. */
export function toOpenAiUsage(counts: Counts): JsonObject {
  const prompt = counts.input + counts.cacheRead + counts.cacheWrite
  return {
    ...completionUsage({ prompt, completion: counts.output }),
    prompt_tokens_details: {
      cached_tokens: counts.cacheRead,
      ...(counts.cacheWrite > 0 ? { cache_creation_input_tokens: counts.cacheWrite } : {}),
    },
    ...(counts.thinking === undefined ? {} : { completion_tokens_details: { reasoning_tokens: counts.thinking } }),
  }
}

function greater(known: number, told: unknown): number {
  return typeof told === 'number' && told > known ? told : known
}
