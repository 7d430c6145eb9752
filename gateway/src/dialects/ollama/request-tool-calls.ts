import type { JsonObject } from '../../lib/json.ts'
import { objectAt, optionalList, optionalObject, optionalString, placedIn, stringAt, type Placed } from '../canonical/field-checks.ts'
import { functionCall } from '../canonical/function-tool.ts'

export interface ToolCalls {
  /** `tool_calls` of the assistant's message with this index; none where it has none. */
  call(message: JsonObject, index: number): JsonObject[]
  /** What ties a result, the message with this index, to its call. */
  answer(message: JsonObject, index: number): { readonly tool_call_id: string; readonly name?: string }
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
      const calls = placedIn(optionalList(message['tool_calls'], path), path)
      const read = calls.map((call, at) => readCall(call, `call_${index}_${at}`))
      if (read.length > 0) open = read
      return read.map(({ id, name, arguments: written }) => functionCall(id, name, written))
    },
    answer(message, index) {
      const path = `messages[${index}]`
      const id = givenString(message, 'tool_call_id', path)
      const name = givenString(message, 'tool_name', path) ?? givenString(message, 'name', path)
      const found = id === undefined ? (take((call) => call.name === name) ?? take(() => true)) : take((call) => call.id === id)
      if (found !== undefined) return { tool_call_id: found.id }
      return { tool_call_id: id ?? `call_${index}`, ...(name === undefined ? {} : { name }) }
    },
  }
}

function readCall({ value: call, path }: Placed, mintedId: string): OpenCall & { readonly arguments: string } {
  const called = objectAt(call, 'function', path)
  const input = optionalObject(called['arguments'], `${path}.function.arguments`) ?? {}
  return {
    id: givenString(call, 'id', path) ?? mintedId,
    name: stringAt(called, 'name', `${path}.function`),
    arguments: JSON.stringify(input),
  }
}

/** Go's clients write what they don't have as an empty string. */
function givenString(object: JsonObject, key: string, path: string): string | undefined {
  return optionalString(object[key], `${path}.${key}`) || undefined
}
