import type { JsonObject } from '../../src/lib/json.ts'
import { fieldOf, textsOf, tokensOf } from './work-double.ts'

/** `dimensions` keeps that many numbers, of three. A text of token ids is as long as it has ids and begins with the first one. */
export const vectorOf = (text: string | readonly number[], position: number, dimensions = 3): number[] =>
  [text.length, (typeof text === 'string' ? text.codePointAt(0) : text[0]) ?? 0, position].slice(0, dimensions)

export function base64Of(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4)
  for (const [index, number] of vector.entries()) bytes.writeFloatLE(number, index * 4)
  return bytes.toString('base64')
}

type Inputs = readonly (string | readonly number[])[]

const isIds = (value: unknown): value is number[] => Array.isArray(value) && value.length > 0 && value.every((id) => Number.isInteger(id))

/** A text, a list of texts, token ids, or a list of lists of them. */
export function inputsOf(input: unknown): Inputs | undefined {
  if (isIds(input)) return [input]
  return textsOf(input) ?? (Array.isArray(input) && input.every(isIds) ? input : undefined)
}

export const countOf = (inputs: Inputs): number =>
  inputs.reduce((sum, input) => sum + (typeof input === 'string' ? tokensOf([input]) : input.length), 0)

export function listOf(body: JsonObject, inputs: Inputs): JsonObject {
  const tokens = countOf(inputs)
  return {
    object: 'list',
    data: inputs.map((input, index) => {
      const vector = vectorOf(input, index, fieldOf(body, 'dimensions'))
      return { object: 'embedding', index, embedding: body['encoding_format'] === 'base64' ? base64Of(vector) : vector }
    }),
    model: body['model'] ?? 'm',
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
}
