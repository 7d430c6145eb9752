import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { CodecRefusal } from '../codec.ts'
import { isGiven } from './given-fields.ts'

/** The calls of an earlier answer, in today's form or the deprecated one of a single `function_call`. */
export function encodeToolCalls({ tool_calls: calls, function_call: single }: JsonObject, path: string): readonly JsonObject[] {
  if (isGiven(calls) && !Array.isArray(calls))
    throw new CodecRefusal(`${path}.tool_calls`, `The field "${path}.tool_calls" must be an array`)
  if (Array.isArray(calls)) return calls.map((call: unknown, index) => encodeCall(call, index, `${path}.tool_calls[${index}]`))
  return isGiven(single) ? [encodeCall({ function: single }, 0, `${path}.function_call`)] : []
}

/** Id of a call → name of its function, over all messages. */
export function toolNamesById(messages: readonly unknown[]): ReadonlyMap<unknown, string> {
  const names = new Map<unknown, string>()
  for (const message of messages) {
    const calls = isObject(message) ? message['tool_calls'] : undefined
    for (const call of Array.isArray(calls) ? calls : []) {
      const called = isObject(call) ? call['function'] : undefined
      if (isObject(call) && typeof call['id'] === 'string' && isObject(called) && typeof called['name'] === 'string')
        names.set(call['id'], called['name'])
    }
  }
  return names
}

function encodeCall(call: unknown, index: number, path: string): JsonObject {
  const { id, function: called } = isObject(call) ? call : {}
  if (!isObject(called) || typeof called['name'] !== 'string')
    throw new CodecRefusal(path, 'Ollama knows calls of functions with a name only')
  const { name, arguments: written } = called
  return { ...(isGiven(id) ? { id } : {}), function: { index, name, arguments: argumentsOf(written) } }
}

/** What is no JSON object, as an empty text of a call without arguments, is an empty one: Ollama takes nothing else. */
function argumentsOf(written: unknown): JsonObject {
  const value = typeof written === 'string' ? parse(written) : written
  return isObject(value) ? value : {}
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
