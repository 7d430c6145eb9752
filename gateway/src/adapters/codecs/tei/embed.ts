import { type JsonObject } from '../../../lib/json.ts'
import { embeddingAnswer } from '../canonical/embedding-answer.ts'
import { refuseUntellableFormat } from '../canonical/embedding-request.ts'
import { refuseErrorBody } from '../canonical/error-in-answer.ts'
import { extrasOf } from '../canonical/extra-fields.ts'
import { wrongField } from '../canonical/field-checks.ts'
import { CodecRefusal, type AnswerContext, type CanonicalCall } from '../codec.ts'

const KNOWN: ReadonlySet<string> = new Set(['model', 'input', 'encoding_format', 'user'])

/**
 * OpenAI's embeddings -> the body of `POST /embed`: at most `max_client_batch_size` inputs (32 unless the server was
 * started otherwise) to a call, more must be split before. Texts and token ids go as they came, so do `dimensions` and
 * TEI's own `normalize`, `truncate`, `truncation_direction` and `prompt_name`. `model` and `user` mean nothing to it.
 */
export function encodeEmbed({ fields }: CanonicalCall): JsonObject {
  refuseUntellableFormat(fields)
  return { ...extrasOf(fields, KNOWN), inputs: toInputs(fields['input'] ?? fields['inputs']) }
}

function toInputs(input: unknown): unknown {
  if (typeof input === 'string' || isTokens(input)) return input
  if (!Array.isArray(input)) throw wrongField('input', 'a string or an array')
  const wrong = input.findIndex((entry) => typeof entry !== 'string' && !isTokens(entry))
  if (wrong >= 0) throw new CodecRefusal(`input[${wrong}]`, 'An input must be a text or an array of token ids')
  return input
}

function isTokens(input: unknown): boolean {
  return Array.isArray(input) && input.length > 0 && input.every((token) => typeof token === 'number')
}

/** TEI counts tokens in the header `x-compute-tokens` alone, which a codec does not see: the counts are 0, that is, not told. */
export function decodeEmbed(answer: unknown, context: AnswerContext): JsonObject {
  refuseErrorBody(answer)
  return embeddingAnswer({ vectors: answer, expected: inputsOf(context.fields), tokens: 0 }, context)
}

function inputsOf(fields: JsonObject): number {
  const input = fields['input'] ?? fields['inputs']
  return Array.isArray(input) && !isTokens(input) ? input.length : 1
}
