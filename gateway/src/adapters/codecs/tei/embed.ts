import type { JsonObject } from '../../../endpoints/call.ts'
import { isErrorBody, readUpstreamError } from '../../../errors/upstream-error-body.ts'
import { CodecFailure, CodecRefusal, type AnswerContext, type CanonicalCall } from '../codec.ts'
import { toEmbeddingList } from '../cohere/embedding-list.ts'
import { extrasOf, isGiven } from '../cohere/given.ts'

const KNOWN: ReadonlySet<string> = new Set(['model', 'input', 'encoding_format', 'user'])
const FORMATS: ReadonlySet<unknown> = new Set(['float', 'base64'])

/**
 * OpenAI's embeddings → the body of `POST /embed`: at most `max_client_batch_size` inputs (32 unless the server was
 * started otherwise) to a call, more must be split before. Texts and token ids go as they came, so do `dimensions` and
 * TEI's own `normalize`, `truncate`, `truncation_direction` and `prompt_name`. `model` and `user` mean nothing to it.
 */
export function encodeEmbed({ fields }: CanonicalCall): JsonObject {
  const format = fields['encoding_format']
  if (isGiven(format) && !FORMATS.has(format)) throw new CodecRefusal('encoding_format', 'Vectors are told as "float" or "base64"')
  return { ...extrasOf(fields, KNOWN), inputs: toInputs(fields['input'] ?? fields['inputs']) }
}

function toInputs(input: unknown): unknown {
  if (typeof input === 'string' || isTokens(input)) return input
  if (!Array.isArray(input)) throw new CodecRefusal('input', 'The field "input" must be a string or an array')
  const wrong = input.findIndex((entry) => typeof entry !== 'string' && !isTokens(entry))
  if (wrong >= 0) throw new CodecRefusal(`input[${wrong}]`, 'An input must be a text or an array of token ids')
  return input
}

function isTokens(input: unknown): boolean {
  return Array.isArray(input) && input.length > 0 && input.every((token) => typeof token === 'number')
}

/** TEI counts tokens in the header `x-compute-tokens` alone, which a codec does not see: the counts are 0, that is, not told. */
export function decodeEmbed(answer: unknown, context: AnswerContext): JsonObject {
  if (isErrorBody(answer)) throw new CodecFailure(readUpstreamError(200, Buffer.from(JSON.stringify(answer))))
  return { ...toEmbeddingList(answer, inputsOf(context.fields), context), usage: { prompt_tokens: 0, total_tokens: 0 } }
}

function inputsOf(fields: JsonObject): number {
  const input = fields['input'] ?? fields['inputs']
  return Array.isArray(input) && !isTokens(input) ? input.length : 1
}
