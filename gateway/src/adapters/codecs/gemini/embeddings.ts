import { isAbsent, isObject, type JsonObject } from '../../../lib/json.ts'
import { embeddingAnswer } from '../canonical/embedding-answer.ts'
import { refuseUntellableFormat } from '../canonical/embedding-request.ts'
import { countOf } from '../canonical/token-usage.ts'
import { CodecRefusal, type AnswerContext, type CanonicalCall, type WireRequest } from '../codec.ts'
import { answerOf } from './errors.ts'
import { methodPath, resourceName } from './model-name.ts'

/**
 * Embeddings -> `batchEmbedContents`, which Google's SDK uses for a single text as well. At most 100 texts to a call.
 * Vectors come as floats, whatever `encoding_format` says. `task_type` and `title` are Gemini's own.
 */
export function encodeEmbeddings({ fields, model }: CanonicalCall): WireRequest {
  refuseUntellableFormat(fields)
  const options = {
    ...(isAbsent(fields['dimensions']) ? {} : { outputDimensionality: fields['dimensions'] }),
    ...optional('taskType', fields['task_type'] ?? fields['taskType']),
    ...optional('title', fields['title']),
  }
  const requests = textsOf(fields['input']).map((text) => ({ model: resourceName(model), content: { parts: [{ text }] }, ...options }))
  return { path: methodPath(model, 'batchEmbedContents'), body: { requests } }
}

/** Vectors as floats. Models that count no tokens say so by 0. */
export function decodeEmbeddings(answer: unknown, context: AnswerContext): JsonObject {
  const root = answerOf(answer)
  const list = Array.isArray(root['embeddings']) ? root['embeddings'] : [root['embedding']]
  const vectors = list.map((entry: unknown) => (isObject(entry) ? entry['values'] : undefined))
  const metadata = root['usageMetadata']
  const tokens = isObject(metadata) ? countOf(metadata['promptTokenCount']) : 0
  return embeddingAnswer({ vectors, expected: textsOf(context.fields['input']).length, tokens }, context)
}

function textsOf(input: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(input) ? input : [input]
  const texts = list.filter((entry) => typeof entry === 'string')
  if (texts.length === 0 || texts.length !== list.length)
    throw new CodecRefusal('input', 'Gemini embeds texts: a string, or an array of strings')
  return texts
}

function optional(key: string, value: unknown): JsonObject {
  return typeof value === 'string' ? { [key]: value } : {}
}
