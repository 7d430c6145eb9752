import { decodeVector } from '../../endpoints/embedding-vectors.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'

/** The vectors of OpenAI's embeddings, in the order of the inputs. Throws `upstream_protocol_error` unless there are `count` of them. */
export function vectorsOf({ data }: JsonObject, count: number): number[][] {
  if (!Array.isArray(data) || data.length !== count) throw senseless()
  const vectors = new Map<number, number[]>()
  data.forEach((entry: unknown, at) => {
    if (!isObject(entry)) throw senseless()
    const { index = at, embedding } = entry
    if (typeof index === 'number') vectors.set(index, toVector(embedding))
  })
  return data.map((_entry, at) => vectors.get(at) ?? []).map(nonEmpty)
}

/** Some servers give base64 though floats were asked for. */
function toVector(embedding: unknown): number[] {
  if (typeof embedding === 'string') return decodedVector(embedding)
  if (!Array.isArray(embedding) || !embedding.every((value) => typeof value === 'number')) throw senseless()
  return embedding
}

function decodedVector(base64: string): number[] {
  try {
    return decodeVector(base64)
  } catch {
    throw senseless()
  }
}

function nonEmpty(vector: number[]): number[] {
  if (vector.length === 0) throw senseless()
  return vector
}

/** Lengths within this of 1 are 1, but for rounding: the numbers stay as the model gave them. */
const TOLERANCE = 1e-4

/** Clients of `/api/embed` compare vectors by their product alone. */
export function toUnitLength(vector: readonly number[]): readonly number[] {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  return length === 0 || Math.abs(length - 1) <= TOLERANCE ? vector : vector.map((value) => value / length)
}

function senseless(): GatewayError {
  return new GatewayError('upstream_protocol_error', "The model's answer is not a vector for each input")
}
