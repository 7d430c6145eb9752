import { isObject, type JsonObject } from '../../../endpoints/call.ts'

/**
 * `usageMetadata` → OpenAI's usage; undefined where it holds no counts, as the first frames of Vertex. Prompts that tools
 * wrote belong to the prompt, thoughts to the completion; cached tokens are part of the prompt's already.
 */
export function toUsage(metadata: unknown): JsonObject | undefined {
  if (!hasCounts(metadata)) return undefined
  const prompt = countOf(metadata['promptTokenCount']) + countOf(metadata['toolUsePromptTokenCount'])
  const thoughts = countOf(metadata['thoughtsTokenCount'])
  const completion = countOf(metadata['candidatesTokenCount']) + thoughts
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    // A total that is given stands, as with every other backend.
    total_tokens: countOf(metadata['totalTokenCount']) || prompt + completion,
    prompt_tokens_details: {
      cached_tokens: countOf(metadata['cachedContentTokenCount']),
      ...audioTokens(metadata['promptTokensDetails']),
    },
    completion_tokens_details: { reasoning_tokens: thoughts, ...audioTokens(metadata['candidatesTokensDetails']) },
  }
}

/** What is no whole number from 0 up counts nothing. */
export function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0
}

function audioTokens(details: unknown): JsonObject {
  const entries: readonly unknown[] = Array.isArray(details) ? details : []
  const audio = entries.find((entry) => isObject(entry) && entry['modality'] === 'AUDIO')
  return isObject(audio) ? { audio_tokens: countOf(audio['tokenCount']) } : {}
}

/** Whether anything is counted in it. */
export function hasCounts(metadata: unknown): metadata is JsonObject {
  return isObject(metadata) && Number.isFinite(metadata['promptTokenCount'] ?? metadata['totalTokenCount'])
}
