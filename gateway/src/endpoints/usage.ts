import { isObject, type JsonObject } from '../lib/json.ts'

export interface Usage {
  readonly promptTokens: number
  readonly completionTokens: number
  readonly totalTokens: number
  /** Of the prompt's, those that the backend had in its cache. */
  readonly cachedPromptTokens?: number
  /** Of the completion's, those of its reasoning. */
  readonly reasoningTokens?: number
  /** Of audio that was written down. */
  readonly audioSeconds?: number
  /** Counted by the gateway because the backend did not tell. */
  readonly estimated?: boolean
}

/**
 * Reads token counts from any of the known places (backends.md 21.10): `usage` in OpenAI's chat or Responses
 * names, Moonshot's `choices[0].usage`, the `meta` or `tokens` of Cohere-like rerankers. Counts that are no
 * finite number >= 0 are 0: a backend must not be able to poison the books.
 */
export function readUsage(answer: unknown): Usage | undefined {
  if (!isObject(answer)) return undefined
  const usage = usageOf(answer)
  if (usage !== undefined) return fromUsage(usage)
  const meta = isObject(answer['meta']) ? answer['meta'] : answer
  return isObject(meta['tokens']) ? fromUsage(meta['tokens']) : undefined
}

/** The counts as the backend wrote them: at the top, or in the first choice. */
export function usageOf(answer: unknown): JsonObject | undefined {
  if (!isObject(answer)) return undefined
  const { usage, choices } = answer
  if (isObject(usage)) return usage
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  return isObject(choice) && isObject(choice['usage']) ? choice['usage'] : undefined
}

function fromUsage(usage: JsonObject): Usage | undefined {
  const prompt = count(usage['prompt_tokens'] ?? usage['input_tokens'])
  const completion = count(usage['completion_tokens'] ?? usage['output_tokens'])
  // xAI's total is more than the sum (reasoning apart): a total that is given stands.
  const total = count(usage['total_tokens'])
  const audioSeconds = usage['type'] === 'duration' ? count(usage['seconds']) : 0
  if (prompt === 0 && completion === 0 && total === 0 && audioSeconds === 0) return undefined
  const onlyTotal = prompt === 0 && completion === 0
  const cached = cachedIn(usage)
  const reasoning = count(detail(usage, COMPLETION_DETAILS, 'reasoning_tokens') ?? usage['reasoning_tokens'])
  const read: Writable<Usage> = {
    promptTokens: onlyTotal ? total : prompt,
    completionTokens: completion,
    totalTokens: total === 0 ? prompt + completion : total,
  }
  if (cached !== 0) read.cachedPromptTokens = cached
  if (reasoning !== 0) read.reasoningTokens = reasoning
  if (audioSeconds !== 0) read.audioSeconds = audioSeconds
  return read
}

type Writable<Shape> = { -readonly [Name in keyof Shape]: Shape[Name] }

const PROMPT_DETAILS = ['prompt_tokens_details', 'input_tokens_details'] as const
const COMPLETION_DETAILS = ['completion_tokens_details', 'output_tokens_details'] as const

/** OpenAI's detail, DeepSeek's `prompt_cache_hit_tokens`, Moonshot's `cached_tokens`. */
function cachedIn(usage: JsonObject): number {
  return count(detail(usage, PROMPT_DETAILS, 'cached_tokens') ?? usage['prompt_cache_hit_tokens'] ?? usage['cached_tokens'])
}

function detail(usage: JsonObject, places: readonly string[], name: string): unknown {
  for (const place of places) {
    const details = usage[place]
    if (isObject(details)) return details[name]
  }
  return undefined
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.min(Math.floor(value), 1e9) : 0
}
