import { givenOnly, type JsonObject } from '../../../lib/json.ts'
import { embeddingAnswer } from '../canonical/embedding-answer.ts'
import { embeddingTexts, refuseUntellableFormat } from '../canonical/embedding-request.ts'
import { extrasOf } from '../canonical/extra-fields.ts'
import { countOf } from '../canonical/token-usage.ts'
import type { AnswerContext, CanonicalCall } from '../codec.ts'
import { encodeOptions, OPTION_FIELDS } from './model-options.ts'
import { toAnswer } from './whole-answer.ts'

/** Ollama gives floats only, and knows no users. */
const KNOWN: ReadonlySet<string> = new Set(['model', 'input', 'encoding_format', 'user', ...OPTION_FIELDS])

/**
 * OpenAI's embeddings -> the body of `POST /api/embed`. `dimensions`, `truncate`, `keep_alive` and unknown fields go as
 * they came. Ollama cuts an input that is too long unless the client says `truncate: false`.
 */
export function encodeEmbed({ model, fields }: CanonicalCall): JsonObject {
  refuseUntellableFormat(fields)
  const input = embeddingTexts(fields['input'], 'Ollama embeds texts only, no tokens')
  return { model, input, ...givenOnly({ options: encodeOptions(fields) }), ...extrasOf(fields, KNOWN) }
}

/** An answer of `/api/embed` -> OpenAI's list, with floats: base64 is made of them afterwards, for clients that asked. */
export function decodeEmbed(answer: unknown, context: AnswerContext): JsonObject {
  const { embeddings, prompt_eval_count: promptTokens } = toAnswer(answer)
  const { input } = context.fields
  const expected = Array.isArray(input) ? input.length : 1
  return embeddingAnswer({ vectors: embeddings, expected, tokens: countOf(promptTokens) }, context)
}
