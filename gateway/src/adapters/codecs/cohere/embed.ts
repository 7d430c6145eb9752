import { givenOnly, isAbsent, isObject, type JsonObject } from '../../../lib/json.ts'
import { embeddingAnswer } from '../canonical/embedding-answer.ts'
import { embeddingTexts, refuseUntellableFormat, TELLABLE_FORMATS } from '../canonical/embedding-request.ts'
import { extrasOf } from '../canonical/extra-fields.ts'
import { CodecFailure, CodecMismatch, CodecRefusal, type AnswerContext, type CanonicalCall } from '../codec.ts'
import { errorIn } from './error-in-answer.ts'
import { countIn } from './token-usage.ts'

const KNOWN: ReadonlySet<string> = new Set(['model', 'input', 'encoding_format', 'dimensions', 'user', 'embedding_types'])

/**
 * OpenAI's embeddings -> the body of `POST /v2/embed`: at most 96 texts to a call, more must be split before. Floats
 * are asked for in any case. `input_type` is the client's own field, by default that of documents to be searched;
 * `images`, `inputs`, `truncate` and `max_tokens` go as they came. `user` is dropped.
 */
export function encodeEmbed({ model, fields }: CanonicalCall): JsonObject {
  refuseUntellableFormat(fields)
  refuseTypes(fields['embedding_types'])
  return {
    input_type: 'search_document',
    ...givenOnly({ texts: toTexts(fields), output_dimension: fields['dimensions'] }),
    ...extrasOf(fields, KNOWN),
    model,
    embedding_types: ['float'],
  }
}

/** One answer has one kind of vectors, floats or their base64. */
function refuseTypes(types: unknown): void {
  if (isAbsent(types)) return
  if (!Array.isArray(types) || !types.every((type) => TELLABLE_FORMATS.has(type)))
    throw new CodecRefusal('embedding_types', 'Vectors are told as "float" or "base64" only')
}

function toTexts({ input, ...rest }: JsonObject): readonly string[] | undefined {
  if (isAbsent(input)) {
    if (['texts', 'images', 'inputs'].some((name) => !isAbsent(rest[name]))) return undefined
    throw new CodecRefusal('input', 'The field "input" is missing')
  }
  const texts = embeddingTexts(input, 'Cohere embeds texts, not tokens or objects')
  return typeof texts === 'string' ? [texts] : texts
}

export function decodeEmbed(answer: unknown, context: AnswerContext): JsonObject {
  const error = errorIn(answer)
  if (error !== undefined) throw new CodecFailure(error)
  const { embeddings, meta } = isObject(answer) ? answer : {}
  if (!isObject(embeddings)) throw new CodecMismatch('An answer to an embedding request has no embeddings')
  const tokens = countIn(meta, 'input_tokens') ?? 0
  return embeddingAnswer({ vectors: embeddings['float'], expected: inputsOf(context.fields), tokens }, context)
}

function inputsOf(fields: JsonObject): number | undefined {
  const list = fields['input'] ?? fields['texts'] ?? fields['images'] ?? fields['inputs']
  if (typeof list === 'string') return 1
  return Array.isArray(list) ? list.length : undefined
}
