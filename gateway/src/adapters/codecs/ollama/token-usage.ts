import type { JsonObject } from '../../../endpoints/call.ts'

/** OpenAI's counts from the last line of an answer. Ollama leaves out a count of 0. */
export function toUsage({ prompt_eval_count: prompt, eval_count: completion }: JsonObject): JsonObject {
  const promptTokens = toCount(prompt)
  const completionTokens = toCount(completion)
  return { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: promptTokens + completionTokens }
}

export function toCount(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : 0
}
