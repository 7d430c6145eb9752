import { isObject, textOf, type JsonObject } from '../../../lib/json.ts'

/** The text of the refusal where Gemini would not read the prompt, which it says with 200 and no candidates; else undefined. */
export function blockedPrompt({ promptFeedback: feedback, candidates }: JsonObject): string | undefined {
  const reason = isObject(feedback) ? textOf(feedback['blockReason']) : undefined
  if (reason === undefined || (Array.isArray(candidates) && candidates.length > 0)) return undefined
  return `The prompt was blocked: ${reason}`
}
