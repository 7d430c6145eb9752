import { isObject, type JsonObject } from '../../../lib/json.ts'
import { callId, readFunctionCall, toFunctionCall } from '../canonical/function-call.ts'
import { CodecMismatch, type AnswerContext } from '../codec.ts'

/** The tool calls of one answer, which arrive whole, in one line of a stream or several. */
export interface ToolCallReader {
  /** Those among `calls` that the client is to get; the first has the index that `count` told before. */
  read(calls: unknown): readonly JsonObject[]
  count(): number
}

/**
 * Calls without an id, from older releases, get one made of the request's. Ollama can't be held to a single call: with
 * `parallel_tool_calls: false` those after the first are left out, and the model asks again once it has the result.
 */
export function createToolCallReader(context: AnswerContext): ToolCallReader {
  const maximum = context.fields['parallel_tool_calls'] === false ? 1 : Number.POSITIVE_INFINITY
  let count = 0
  return {
    count: () => count,
    read(calls) {
      if (!Array.isArray(calls)) return []
      const wanted = calls.slice(0, maximum - count)
      const read = wanted.map((call: unknown, at) => toToolCall(call, count + at, context))
      count += read.length
      return read
    },
  }
}

function toToolCall(call: unknown, index: number, context: AnswerContext): JsonObject {
  const read = readFunctionCall(call)
  if (read === undefined) throw new CodecMismatch('A tool call has no function')
  return toFunctionCall(callId(read.id, index, context), read.name, JSON.stringify(isObject(read.arguments) ? read.arguments : {}))
}
