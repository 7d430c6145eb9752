import type { JsonObject } from '../../../endpoints/call.ts'
import { CodecMismatch, type AnswerContext } from '../codec.ts'

/**
 * Vectors in the order of the request's inputs → OpenAI's list, with floats: base64 is made of them where the
 * endpoint brings vectors into the form that the client asked for. A number that is none can't be told in JSON, and
 * `null` in a vector would be stored as wrong data.
 */
export function toEmbeddingList(vectors: unknown, expected: number | undefined, context: AnswerContext): JsonObject {
  if (!Array.isArray(vectors)) throw new CodecMismatch('An answer to an embedding request has no list of vectors')
  if (expected !== undefined && vectors.length !== expected)
    throw new CodecMismatch(`An answer to an embedding request has ${vectors.length} vectors for ${expected} inputs`)
  return { object: 'list', data: vectors.map(toEntry), model: context.model }
}

function toEntry(vector: unknown, index: number): JsonObject {
  if (!Array.isArray(vector) || vector.length === 0 || !vector.every((value) => Number.isFinite(value)))
    throw new CodecMismatch('A vector in an answer to an embedding request is no list of numbers')
  return { object: 'embedding', index, embedding: vector }
}
