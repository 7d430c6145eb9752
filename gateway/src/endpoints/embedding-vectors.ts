import { endianness } from 'node:os'
import { isObject, type JsonObject } from '../lib/json.ts'

/**
 * Gives each vector in the representation that the client asked for. A client decodes blindly: a float array where
 * it expects base64 turns into wrong numbers without an error (backends.md 21.6).
 */
export function toAskedVectors(answer: JsonObject, asked: 'float' | 'base64'): JsonObject | undefined {
  const data = answer['data']
  if (!Array.isArray(data)) throw new TypeError('An answer to an embedding request has no "data"')
  const wrong = asked === 'base64' ? (vector: unknown) => Array.isArray(vector) : (vector: unknown) => typeof vector === 'string'
  if (!data.some((entry) => isObject(entry) && wrong(entry['embedding']))) return undefined
  return {
    ...answer,
    data: data.map((entry: unknown) => {
      if (!isObject(entry)) return entry
      const vector = entry['embedding']
      if (asked === 'base64' && Array.isArray(vector)) return { ...entry, embedding: encodeVector(vector) }
      return asked === 'float' && typeof vector === 'string' ? { ...entry, embedding: decodeVector(vector) } : entry
    }),
  }
}

const HOST_IS_LITTLE = endianness() === 'LE'

/** IEEE 754 single precision, little endian, base64. */
export function encodeVector(vector: readonly unknown[]): string {
  const floats = Float32Array.from(vector, Number)
  const bytes = Buffer.from(floats.buffer)
  return (HOST_IS_LITTLE ? bytes : bytes.swap32()).toString('base64')
}

export function decodeVector(base64: string): number[] {
  // A copy: the pooled buffer behind Buffer.from need not begin at a multiple of four.
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'))
  if (bytes.length % 4 !== 0) throw new TypeError('A base64 vector is not a whole number of 32-bit floats')
  if (!HOST_IS_LITTLE) Buffer.from(bytes.buffer).swap32()
  return [...new Float32Array(bytes.buffer)]
}
