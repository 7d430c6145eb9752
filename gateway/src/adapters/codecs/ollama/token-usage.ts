import type { JsonObject } from '../../../lib/json.ts'
import { completionUsage, countOf } from '../canonical/token-usage.ts'

/** OpenAI's counts from the last line of an answer. Ollama leaves out a count of 0. */
export function toUsage({ prompt_eval_count: prompt, eval_count: completion }: JsonObject): JsonObject {
  return completionUsage({ prompt: countOf(prompt), completion: countOf(completion) })
}
