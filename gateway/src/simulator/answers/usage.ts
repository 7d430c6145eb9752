import type { Call } from '../call.ts'
import { countOf, objectOf } from '../json.ts'

export interface Usage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly prompt_tokens_details: { readonly cached_tokens: number }
}

export function usageOf(promptTokens: number, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: 0 },
  }
}

export function includesUsage(call: Call): boolean {
  return objectOf(call.body['stream_options'])['include_usage'] === true
}

/** How many tokens an answer may have: both names are read, as vLLM does. */
export function tokenLimitOf(call: Call): number | undefined {
  return countOf(call.body['max_completion_tokens']) ?? countOf(call.body['max_tokens'])
}
