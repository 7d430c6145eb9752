import { readArguments } from '../../../lib/call-arguments.ts'
import { isAbsent, objectsIn, type JsonObject } from '../../../lib/json.ts'
import { readEntries } from '../canonical/field-checks.ts'
import { readFunctionCall } from '../canonical/function-call.ts'
import { CodecRefusal } from '../codec.ts'

/** The calls of an earlier answer, in today's form or the deprecated one of a single `function_call`. */
export function encodeToolCalls({ tool_calls: calls, function_call: single }: JsonObject, path: string): readonly JsonObject[] {
  if (isAbsent(calls)) return isAbsent(single) ? [] : [encodeCall({ function: single }, 0, `${path}.function_call`)]
  return readEntries(calls, `${path}.tool_calls`, { read: (call, callPath, index) => encodeCall(call, index, callPath) })
}

/** Id of a call -> name of its function, over all messages; empty for what are no messages. */
export function toolNamesById(messages: unknown): ReadonlyMap<unknown, string> {
  const names = new Map<unknown, string>()
  for (const message of objectsIn(messages)) {
    for (const call of objectsIn(message['tool_calls'])) {
      const { id, name } = readFunctionCall(call) ?? {}
      if (typeof id === 'string' && name !== undefined) names.set(id, name)
    }
  }
  return names
}

function encodeCall(call: unknown, index: number, path: string): JsonObject {
  const { id, name, arguments: written } = readFunctionCall(call) ?? {}
  if (name === undefined) throw new CodecRefusal(path, 'Ollama knows calls of functions with a name only')
  // What is no JSON object, as a text that was cut off, is an empty one: Ollama takes nothing else.
  return { ...(isAbsent(id) ? {} : { id }), function: { index, name, arguments: readArguments(written) ?? {} } }
}
