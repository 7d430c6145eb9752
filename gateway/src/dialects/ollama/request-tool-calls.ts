import { isObject, type JsonObject } from '../../endpoints/call.ts'
import { invalid, isAbsent, objectAt, stringAt } from '../anthropic/field-checks.ts'

export interface ToolCalls {
  /** `tool_calls` of the assistant's message with this index; none where it has none. */
  call(message: JsonObject, index: number): JsonObject[]
  /** What ties a result, the message with this index, to its call. */
  answer(message: JsonObject, index: number): JsonObject
}

interface OpenCall {
  readonly id: string
  readonly name: string
}

/**
 * The calls of a conversation and their results. Most of Ollama's clients keep no ids, where a chat completion must
 * have them: they are made of the places in the conversation, so that the same one has the same each time, and a
 * prefix cache finds it again. A result without an id belongs to the first open call of its tool, or to the first
 * open one where the name says nothing; one that no call waits for keeps its name.
 */
export function createToolCalls(): ToolCalls {
  let open: OpenCall[] = []

  function take(isIt: (call: OpenCall) => boolean): OpenCall | undefined {
    const found = open.find(isIt)
    open = open.filter((call) => call !== found)
    return found
  }

  return {
    call(message, index) {
      const path = `messages[${index}].tool_calls`
      const calls = message['tool_calls']
      if (isAbsent(calls)) return []
      if (!Array.isArray(calls)) throw invalid(path, 'an array')
      const read = calls.map((call: unknown, at) => readCall(call, { path: `${path}[${at}]`, mintedId: `call_${index}_${at}` }))
      if (read.length > 0) open = read
      return read.map(({ id, name, arguments: written }) => ({ id, type: 'function', function: { name, arguments: written } }))
    },
    answer(message, index) {
      const path = `messages[${index}]`
      const id = optionalString(message, 'tool_call_id', path)
      const name = optionalString(message, 'tool_name', path) ?? optionalString(message, 'name', path)
      const found = id === undefined ? (take((call) => call.name === name) ?? take(() => true)) : take((call) => call.id === id)
      if (found !== undefined) return { tool_call_id: found.id }
      return { tool_call_id: id ?? `call_${index}`, ...(name === undefined ? {} : { name }) }
    },
  }
}

function readCall(call: unknown, { path, mintedId }: { path: string; mintedId: string }): OpenCall & { readonly arguments: string } {
  if (!isObject(call)) throw invalid(path, 'an object')
  const called = objectAt(call, 'function', path)
  const input = isAbsent(called['arguments']) ? {} : objectAt(called, 'arguments', `${path}.function`)
  return {
    id: optionalString(call, 'id', path) ?? mintedId,
    name: stringAt(called, 'name', `${path}.function`),
    arguments: JSON.stringify(input),
  }
}

/** Go's clients write what they don't have as an empty string. */
function optionalString(object: JsonObject, key: string, path: string): string | undefined {
  const value = object[key]
  if (isAbsent(value) || value === '') return undefined
  if (typeof value !== 'string') throw invalid(`${path}.${key}`, 'a string')
  return value
}
