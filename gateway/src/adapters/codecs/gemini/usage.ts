import { isObject, objectsIn, type JsonObject } from '../../../lib/json.ts'
import { completionUsage, countOf } from '../canonical/token-usage.ts'

/**
 * `usageMetadata` -> OpenAI's usage; undefined where it holds no counts, as the first frames of Vertex. Prompts that tools
 * wrote belong to the prompt, thoughts to the completion; cached tokens are part of the prompt's already.
 */
export function toUsage(metadata: unknown): JsonObject | undefined {
  if (!hasCounts(metadata)) return undefined
  const prompt = countOf(metadata['promptTokenCount']) + countOf(metadata['toolUsePromptTokenCount'])
  const thoughts = countOf(metadata['thoughtsTokenCount'])
  const completion = countOf(metadata['candidatesTokenCount']) + thoughts
  return {
    // A total that is given stands, as with every other backend.
    ...completionUsage({ prompt, completion, total: countOf(metadata['totalTokenCount']) || undefined }),
    prompt_tokens_details: {
      cached_tokens: countOf(metadata['cachedContentTokenCount']),
      ...audioTokens(metadata['promptTokensDetails']),
    },
    completion_tokens_details: { reasoning_tokens: thoughts, ...audioTokens(metadata['candidatesTokensDetails']) },
  }
}

function audioTokens(details: unknown): JsonObject {
  const audio = objectsIn(details).find(({ modality }) => modality === 'AUDIO')
  return audio !== undefined ? { audio_tokens: countOf(audio['tokenCount']) } : {}
}

/** Whether anything is counted in it. */
export function hasCounts(metadata: unknown): metadata is JsonObject {
  return isObject(metadata) && Number.isFinite(metadata['promptTokenCount'] ?? metadata['totalTokenCount'])
}
