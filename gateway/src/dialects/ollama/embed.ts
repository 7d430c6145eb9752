import { readUsage } from '../../endpoints/usage.ts'
import { isAbsent, type JsonObject } from '../../lib/json.ts'
import { invalid, missing, requiredString } from '../canonical/field-checks.ts'
import type { DialectContext } from '../dialect.ts'
import { durationOf } from './metrics.ts'
import { keepAliveField, overflowField, untouchedFields } from './request-generation.ts'
import { loadingOptions } from './request-options.ts'
import { toUnitLength, vectorsOf } from './vectors.ts'

/**
 * The body of `POST /api/embed` -> that of OpenAI's embeddings. `dimensions` and fields that are not Ollama's pass as
 * they are, `truncate: false`, `keep_alive` and the options for loading a model under their own names. Throws a
 * GatewayError that names the field. An empty `input` only loads a model: ask `asksToLoad` before.
 */
export function embedToCanonical(fields: JsonObject): JsonObject {
  return { ...embeddingFields(fields, ['input']), input: inputOf(fields['input']), ...overflowField(fields, 'truncate') }
}

/** OpenAI's embeddings -> the answer of `/api/embed`, whose vectors have the length 1. Throws `upstream_protocol_error` for what is no list of vectors. */
export function embedFromCanonical(answer: JsonObject, context: DialectContext): JsonObject {
  const { input } = context.fields
  const vectors = vectorsOf(answer, Array.isArray(input) ? input.length : 1)
  const usage = readUsage(answer)
  return {
    model: context.model,
    embeddings: vectors.map(toUnitLength),
    total_duration: durationOf(context.createdMs, context.now()),
    load_duration: 0,
    ...(usage === undefined ? {} : { prompt_eval_count: usage.promptTokens }),
  }
}

/** The body of `POST /api/embeddings`, the older operation for a single text, -> that of OpenAI's embeddings. */
export function embeddingsToCanonical(fields: JsonObject): JsonObject {
  return { ...embeddingFields(fields, ['prompt']), input: requiredString(fields['prompt'], 'prompt') }
}

/** OpenAI's embeddings -> the answer of `/api/embeddings`, with the vector as the model gave it. Throws as `embedFromCanonical`. */
export function embeddingsFromCanonical(answer: JsonObject): JsonObject {
  const [embedding = []] = vectorsOf(answer, 1)
  return { embedding }
}

function embeddingFields(fields: JsonObject, handled: readonly string[]): JsonObject {
  return { ...untouchedFields(fields, handled), ...loadingOptions(fields['options']), ...keepAliveField(fields['keep_alive']) }
}

function inputOf(input: unknown): string | readonly unknown[] {
  if (isAbsent(input)) throw missing('input')
  if (typeof input === 'string') return input
  if (!Array.isArray(input)) throw invalid('input', 'a string or an array of strings')
  const wrong = input.findIndex((text) => typeof text !== 'string')
  if (wrong >= 0) throw invalid(`input[${wrong}]`, 'a string')
  return input
}
