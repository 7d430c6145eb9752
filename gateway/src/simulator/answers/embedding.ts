import { mix32 } from '../../lib/hash.ts'
import type { Call } from '../call.ts'
import { countOf } from '../json.ts'
import { jsonReply, type Reply } from '../reply.ts'
import { seedOf, tokenCount } from '../text.ts'
import { promptsOf } from './completion.ts'

const DEFAULT_DIMENSIONS = 8
const MAXIMUM_DIMENSIONS = 8_192

/** `/v1/embeddings`: unit vectors of 32-bit floats, so that both encodings hold the same numbers. */
export function answerEmbedding(call: Call): Reply {
  const inputs = promptsOf(call.body['input'], 'input')
  const dimensions = Math.min(countOf(call.body['dimensions']) ?? DEFAULT_DIMENSIONS, MAXIMUM_DIMENSIONS)
  const asBase64 = call.body['encoding_format'] === 'base64'
  const data = inputs.map((input, index) => {
    const vector = vectorOf(seedOf(call.model, input), dimensions)
    return { object: 'embedding', index, embedding: asBase64 ? encodeVector(vector) : vector }
  })
  const tokens = inputs.reduce((sum, input) => sum + tokenCount(input), 0)
  return jsonReply(200, { object: 'list', data, model: call.model, usage: { prompt_tokens: tokens, total_tokens: tokens } })
}

function vectorOf(seed: number, dimensions: number): number[] {
  const raw = Array.from({ length: dimensions }, (_, index) => mix32(seed, index) / 2 ** 31 - 1)
  const length = Math.hypot(...raw) || 1
  return raw.map((value) => Math.fround(value / length))
}

/** Little-endian on every machine. */
function encodeVector(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4)
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4)
  return bytes.toString('base64')
}

export function decodeVector(text: string): number[] {
  const bytes = Buffer.from(text, 'base64')
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => bytes.readFloatLE(index * 4))
}
