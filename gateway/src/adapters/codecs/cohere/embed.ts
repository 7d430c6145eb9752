import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { CodecFailure, CodecMismatch, CodecRefusal, type AnswerContext, type CanonicalCall } from '../codec.ts'
import { toEmbeddingList } from './embedding-list.ts'
import { errorIn } from './error-in-answer.ts'
import { extrasOf, givenOnly, isGiven } from './given.ts'
import { countOf } from './token-usage.ts'

const KNOWN: ReadonlySet<string> = new Set(['model', 'input', 'encoding_format', 'dimensions', 'user', 'embedding_types'])
/** Representations that an OpenAI client can be given. */
const TELLABLE: ReadonlySet<unknown> = new Set(['float', 'base64'])

/**
 * OpenAI's embeddings → the body of `POST /v2/embed`: at most 96 texts to a call, more must be split before. Floats
 * are asked for in any case. `input_type` is the client's own field, by default that of documents to be searched;
 * `images`, `inputs`, `truncate` and `max_tokens` go as they came. `user` is dropped.
 */
export function encodeEmbed({ model, fields }: CanonicalCall): JsonObject {
  const format = fields['encoding_format']
  if (isGiven(format) && !TELLABLE.has(format)) throw new CodecRefusal('encoding_format', 'Vectors are told as "float" or "base64"')
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
  if (!isGiven(types)) return
  if (!Array.isArray(types) || !types.every((type) => TELLABLE.has(type)))
    throw new CodecRefusal('embedding_types', 'Vectors are told as "float" or "base64" only')
}

function toTexts({ input, ...rest }: JsonObject): readonly string[] | undefined {
  if (typeof input === 'string') return [input]
  if (!isGiven(input)) {
    if (['texts', 'images', 'inputs'].some((name) => isGiven(rest[name]))) return undefined
    throw new CodecRefusal('input', 'The field "input" is missing')
  }
  if (!Array.isArray(input)) throw new CodecRefusal('input', 'The field "input" must be a string or an array of strings')
  return input.map((text: unknown, at) => {
    if (typeof text === 'string') return text
    throw new CodecRefusal(`input[${at}]`, 'Cohere embeds texts, not tokens or objects')
  })
}

export function decodeEmbed(answer: unknown, context: AnswerContext): JsonObject {
  const error = errorIn(answer)
  if (error !== undefined) throw new CodecFailure(error)
  const { embeddings, meta } = isObject(answer) ? answer : {}
  if (!isObject(embeddings)) throw new CodecMismatch('An answer to an embedding request has no embeddings')
  const tokens = countOf(meta, 'input_tokens') ?? 0
  return {
    ...toEmbeddingList(embeddings['float'], inputsOf(context.fields), context),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
}

function inputsOf(fields: JsonObject): number | undefined {
  const list = fields['input'] ?? fields['texts'] ?? fields['images'] ?? fields['inputs']
  if (typeof list === 'string') return 1
  return Array.isArray(list) ? list.length : undefined
}
