import type { JsonObject } from '../../lib/json.ts'

/** A tool of a chat completion. */
export interface FunctionTool {
  readonly type: 'function'
  readonly function: { readonly name: string; readonly [key: string]: unknown }
}

export interface ToolFields {
  readonly name: string
  readonly description: unknown
  readonly parameters: JsonObject | undefined
  readonly strict: unknown
}

/** What is not of its type is left out of it. */
export function functionTool({ name, description, parameters, strict }: ToolFields): FunctionTool {
  return {
    type: 'function',
    function: {
      name,
      ...(typeof description === 'string' ? { description } : {}),
      ...(parameters === undefined ? {} : { parameters }),
      ...(typeof strict === 'boolean' ? { strict } : {}),
    },
  }
}

/** `tool_choice`: this one must be called. */
export function namedChoice(name: string): JsonObject {
  return { type: 'function', function: { name } }
}

/** A call in a message of the assistant; `text` is its arguments' JSON. */
export function functionCall(id: string, name: string, text: string): JsonObject {
  return { id, type: 'function', function: { name, arguments: text } }
}

/** For a call of an answer whose backend gave it no id, or one that another call has; `index` counts the answer's calls from 0. */
export function mintedCallId({ id }: { readonly id: string }, index: number): string {
  return `call_${id}_${index}`
}
