import { isAbsent, isObject, textOf, type JsonObject } from '../../../lib/json.ts'
import type { CodecRefusal } from '../codec.ts'

/** How freely the model may choose among the tools. */
export interface ToolChoice {
  /** `required`: a tool must be called. */
  readonly mode: 'auto' | 'none' | 'required'
  /** The one that must be called. */
  readonly named?: ChosenTool
  /** None but these may be called. */
  readonly allowed?: readonly ChosenTool[]
}

export interface ChosenTool {
  /** Undefined for what is no function with a name. */
  readonly name: string | undefined
  /** Where the name stands, or should. */
  readonly param: string
}

/** Makes the refusal of a choice that can't be read; `param` says what of it. */
export type RefuseChoice = (param: string) => CodecRefusal

/**
 * `tool_choice`; undefined where there is none. Chat completions nest the allowed tools, and the names of functions, in
 * objects of their own; the Responses API does not, and clients write that here too.
 */
export function readToolChoice(choice: unknown, refuse: RefuseChoice): ToolChoice | undefined {
  if (isAbsent(choice)) return undefined
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { mode: choice }
  if (isObject(choice) && choice['type'] === 'function') return { mode: 'required', named: chosenTool(choice, 'tool_choice') }
  if (isObject(choice) && choice['type'] === 'allowed_tools') return allowedTools(choice, refuse)
  throw refuse('tool_choice')
}

function allowedTools(choice: JsonObject, refuse: RefuseChoice): ToolChoice {
  const { mode: given, tools } = isObject(choice['allowed_tools']) ? choice['allowed_tools'] : choice
  if (!Array.isArray(tools)) throw refuse('tool_choice.allowed_tools.tools')
  const mode = given ?? 'auto'
  if (mode !== 'auto' && mode !== 'required') throw refuse('tool_choice.allowed_tools.mode')
  const allowed = tools.map((tool: unknown, at) => chosenTool(tool, `tool_choice.allowed_tools.tools[${at}]`))
  return { mode, allowed }
}

function chosenTool(tool: unknown, param: string): ChosenTool {
  const holder = isObject(tool) && isObject(tool['function']) ? tool['function'] : tool
  return { name: isObject(holder) ? textOf(holder['name']) : undefined, param: `${param}.function.name` }
}
