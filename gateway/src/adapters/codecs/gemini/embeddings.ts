import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { CodecMismatch, CodecRefusal, type AnswerContext, type CanonicalCall, type WireRequest } from '../codec.ts'
import { answerOf } from './errors.ts'
import { isAbsent } from './given.ts'
import { methodPath, resourceName } from './model-name.ts'
import { countOf } from './usage.ts'

/**
 * Embeddings → `batchEmbedContents`, which Google's SDK uses for a single text as well. At most 100 texts to a call.
 * `encoding_format` is not Gemini's: vectors come as floats. `task_type` and `title` are Gemini's own.
 */
export function encodeEmbeddings({ fields, model }: CanonicalCall): WireRequest {
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
  const asked = textsOf(context.fields['input']).length
  if (list.length !== asked) throw new CodecMismatch(`The answer has ${list.length} embeddings for ${asked} texts`)
  const data = list.map((entry: unknown, index) => ({ object: 'embedding', index, embedding: valuesOf(entry) }))
  const metadata = root['usageMetadata']
  const tokens = isObject(metadata) ? countOf(metadata['promptTokenCount']) : 0
  return { object: 'list', data, model: context.model, usage: { prompt_tokens: tokens, total_tokens: tokens } }
}

function textsOf(input: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(input) ? input : [input]
  const texts = list.filter((entry) => typeof entry === 'string')
  if (texts.length === 0 || texts.length !== list.length)
    throw new CodecRefusal('input', 'Gemini embeds texts: a string, or an array of strings')
  return texts
}

function valuesOf(entry: unknown): readonly unknown[] {
  if (!isObject(entry) || !Array.isArray(entry['values'])) throw new CodecMismatch('An embedding has no values')
  return entry['values']
}

function optional(key: string, value: unknown): JsonObject {
  return typeof value === 'string' ? { [key]: value } : {}
}
