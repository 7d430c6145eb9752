import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { CodecMismatch, type AnswerContext } from '../codec.ts'

export interface ToolCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

/** The tool calls of one answer, which arrive whole, in one line of a stream or several. */
export interface ToolCallReader {
  /** Those among `calls` that the client is to get; the first has the index that `count` told before. */
  read(calls: unknown): readonly ToolCall[]
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
      const read = wanted.map((call: unknown, at) => toToolCall(call, `call_${context.id}_${count + at}`))
      count += read.length
      return read
    },
  }
}

function toToolCall(call: unknown, mintedId: string): ToolCall {
  const { id, function: called } = isObject(call) ? call : {}
  if (!isObject(called) || typeof called['name'] !== 'string') throw new CodecMismatch('A tool call has no function')
  return {
    id: typeof id === 'string' && id !== '' ? id : mintedId,
    type: 'function',
    function: { name: called['name'], arguments: argumentsText(called) },
  }
}

function argumentsText({ arguments: value }: JsonObject): string {
  return isObject(value) ? JSON.stringify(value) : '{}'
}
