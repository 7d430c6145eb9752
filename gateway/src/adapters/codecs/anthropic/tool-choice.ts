import type { JsonObject } from '../../../lib/json.ts'
import { readToolChoice, type ChosenTool } from '../canonical/tool-choice.ts'
import { CodecRefusal } from '../codec.ts'
import type { ModelAbilities } from './model-abilities.ts'

export interface ToolPlan {
  readonly tools: readonly JsonObject[]
  /** Undefined: the field is left out. */
  readonly choice: JsonObject | undefined
  /** Said to the model where the choice can't be. */
  readonly instruction?: string
}

export interface ToolWishes {
  readonly fields: JsonObject
  readonly tools: readonly JsonObject[]
  /** The tool that takes an answer in a schema, where the model has no other way. */
  readonly answerTool: JsonObject | undefined
  readonly abilities: ModelAbilities
}

/** `name`: this one must be called · `only`: none but these may be. */
interface WantedChoice {
  readonly mode: 'auto' | 'none' | 'required'
  readonly name?: string
  readonly only?: readonly string[]
}

/**
 * Which tools go, and how freely the model may choose. Models that refuse a forced choice are told in the system message
 * to call a tool, and get no other tool than a named one.
 */
export function planTools({ fields, tools, answerTool, abilities }: ToolWishes): ToolPlan {
  const wanted = wantedChoice(fields['tool_choice']) ?? { mode: 'auto' }
  if (tools.length === 0 && wanted.mode === 'required')
    throw new CodecRefusal('tool_choice', 'A tool can be required only of given `tools`')
  const allowed = wanted.only === undefined ? tools : namedTools(tools, wanted.only)
  if (answerTool !== undefined && wanted.mode !== 'required') return answerPlan(allowed, answerTool, wanted.mode)
  if (tools.length === 0) return { tools, choice: undefined }
  const serial = fields['parallel_tool_calls'] === false ? { disable_parallel_tool_use: true } : {}
  switch (wanted.mode) {
    case 'none':
      return { tools: allowed, choice: { type: 'none' } }
    case 'auto':
      return { tools: allowed, choice: { type: 'auto', ...serial } }
    case 'required':
      return abilities.forcedTools ? forcedPlan(allowed, wanted.name, serial) : toldPlan(allowed, wanted.name, serial)
  }
}

/** Without tools of the client's own, or where they may not be used, only the answer is left to be given. */
function answerPlan(tools: readonly JsonObject[], answerTool: JsonObject, mode: 'auto' | 'none'): ToolPlan {
  const free = tools.length > 0 && mode === 'auto'
  return {
    tools: [...tools, answerTool],
    // Beside a call of another tool there can be no answer yet.
    choice: free ? { type: 'any', disable_parallel_tool_use: true } : { type: 'tool', name: answerTool['name'] },
  }
}

function forcedPlan(tools: readonly JsonObject[], name: string | undefined, serial: JsonObject): ToolPlan {
  if (name === undefined) return { tools, choice: { type: 'any', ...serial } }
  namedTools(tools, [name])
  return { tools, choice: { type: 'tool', name, ...serial } }
}

function toldPlan(tools: readonly JsonObject[], name: string | undefined, serial: JsonObject): ToolPlan {
  const which = name === undefined ? 'at least one of the tools' : `the tool ${name}`
  return {
    tools: name === undefined ? tools : namedTools(tools, [name]),
    choice: { type: 'auto', ...serial },
    instruction: `Do not answer in text: call ${which}.`,
  }
}

function namedTools(tools: readonly JsonObject[], names: readonly string[]): JsonObject[] {
  const found = tools.filter((tool) => typeof tool['name'] === 'string' && names.includes(tool['name']))
  if (found.length === 0) throw new CodecRefusal('tool_choice', 'The chosen tool is not among `tools`')
  return found
}

/** A name that can't be read is the choice's own fault, a list or a mode that of the allowed tools. */
function wantedChoice(choice: unknown): WantedChoice | undefined {
  const read = readToolChoice(choice, refuseChoice)
  if (read === undefined) return undefined
  const { mode, named, allowed } = read
  return {
    mode,
    ...(named === undefined ? {} : { name: nameOf(named) }),
    ...(allowed === undefined ? {} : { only: allowed.map(nameOf) }),
  }
}

function refuseChoice(param: string): CodecRefusal {
  if (param === 'tool_choice')
    return new CodecRefusal(param, 'The choice must be `auto`, `none`, `required`, a function or `allowed_tools`')
  return new CodecRefusal('tool_choice.allowed_tools', 'A mode (`auto` or `required`) and a list of tools are needed')
}

function nameOf({ name }: ChosenTool): string {
  if (name === undefined) throw new CodecRefusal('tool_choice', 'The name of a chosen function must be a string')
  return name
}
