import { isObject, type JsonObject } from '../lib/json.ts'
import type { JsonCall } from './call.ts'
import { canonicalCall } from './parse-json-call.ts'
import { readUsage } from './usage.ts'

/** The call in pieces of at most `most` inputs, in order; the call itself where it has no more. */
export function embeddingParts(call: JsonCall, most: number | undefined): readonly JsonCall[] {
  const { input } = call.fields
  // A list of numbers is one input, given in tokens.
  if (
    call.endpoint.id !== 'embedding' ||
    most === undefined ||
    !Array.isArray(input) ||
    input.length <= most ||
    typeof input[0] === 'number'
  )
    return [call]
  return Array.from({ length: Math.ceil(input.length / most) }, (_, part) =>
    canonicalCall(call.endpoint, { ...call.fields, input: input.slice(part * most, (part + 1) * most) }),
  )
}

/** The answers to the parts as one: vectors in the order of the inputs, tokens added up. Throws a TypeError for an answer whose vectors are not as many as its inputs. */
export function joinEmbeddings(answers: readonly { readonly answer: JsonObject; readonly inputs: number }[]): JsonObject {
  let promptTokens = 0
  let totalTokens = 0
  const data = answers.flatMap(({ answer, inputs }) => {
    const vectors = Array.isArray(answer['data']) ? answer['data'].filter(isObject) : []
    if (vectors.length !== inputs) throw new TypeError(`An embedding answer has ${vectors.length} vectors for ${inputs} inputs`)
    const usage = readUsage(answer)
    promptTokens += usage?.promptTokens ?? 0
    totalTokens += usage?.totalTokens ?? 0
    return vectors.toSorted((one, other) => Number(one['index'] ?? 0) - Number(other['index'] ?? 0))
  })
  return {
    ...answers[0]?.answer,
    data: data.map((vector, index) => ({ ...vector, index })),
    usage: { prompt_tokens: promptTokens, total_tokens: totalTokens },
  }
}
