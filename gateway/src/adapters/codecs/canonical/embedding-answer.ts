import type { JsonObject } from '../../../lib/json.ts'
import { CodecMismatch, type AnswerContext } from '../codec.ts'
import { embeddingUsage } from './token-usage.ts'

export interface Vectors {
  /** What should be a list of vectors, in the order of the request's inputs. */
  readonly vectors: unknown
  /** How many there must be; undefined where the inputs can't be counted. */
  readonly expected: number | undefined
  /** 0: not told. */
  readonly tokens: number
}

/**
 * OpenAI's list, with floats: base64 is made of them where the endpoint brings vectors into the form that the client
 * asked for. A number that is none can't be told in JSON, and `null` in a vector would be stored as wrong data.
 */
export function embeddingAnswer({ vectors, expected, tokens }: Vectors, context: AnswerContext): JsonObject {
  if (!Array.isArray(vectors)) throw unlike(expected)
  if (expected !== undefined && vectors.length !== expected) throw unlike(expected)
  return { object: 'list', data: vectors.map(toEntry), model: context.model, usage: embeddingUsage(tokens) }
}

function toEntry(vector: unknown, index: number): JsonObject {
  if (!Array.isArray(vector) || vector.length === 0 || !vector.every((value) => Number.isFinite(value)))
    throw new CodecMismatch('A vector in an answer to an embedding request is no list of numbers')
  return { object: 'embedding', index, embedding: vector }
}

function unlike(expected: number | undefined): CodecMismatch {
  return new CodecMismatch(
    expected === undefined
      ? 'An answer to an embedding request has no list of vectors'
      : `An answer to an embedding request does not have ${expected} vectors`,
  )
}
