import { isObject, textOf, type JsonObject } from '../../../lib/json.ts'
import type { AnswerContext } from '../codec.ts'

/** A call of a function in OpenAI's form, which Ollama and Cohere have too. */
export interface FunctionCall {
  readonly id: unknown
  readonly name: string
  readonly arguments: unknown
}

/** Undefined for what is no call of a function with a name. */
export function readFunctionCall(call: unknown): FunctionCall | undefined {
  const { id, function: called } = isObject(call) ? call : {}
  if (!isObject(called) || typeof called['name'] !== 'string') return undefined
  return { id, name: called['name'], arguments: called['arguments'] }
}

/** A whole call, for a message or, with its `index` before it, for a delta. */
export function toFunctionCall(id: string, name: string, text: string): JsonObject {
  return { id, type: 'function', function: { name, arguments: text } }
}

/** More of the arguments of a streamed call. */
export function argumentsDelta(index: number, text: string): JsonObject {
  return { tool_calls: [{ index, function: { arguments: text } }] }
}

/** The backend's own id where it gives one. `index` counts the calls of an answer from 0. */
export function callId(id: unknown, index: number, context: AnswerContext): string {
  return textOf(id) ?? mintedCallId(index, context)
}

/** Made of the answer's id, so that it is unique among all requests: results name their calls by it. */
export function mintedCallId(index: number, { id }: AnswerContext): string {
  return `call_${id}_${index}`
}
