import { isAbsent, isObject, type JsonObject } from '../../lib/json.ts'
import {
  invalid,
  missing,
  optionalBoolean,
  optionalList,
  optionalObject,
  placedIn,
  stringAt,
  type Placed,
} from '../canonical/field-checks.ts'
import { functionTool, namedChoice, type FunctionTool } from '../canonical/function-tool.ts'
import { unspeakable } from './unspeakable.ts'

/**
 * `tools`, `tool_choice` and `parallel_tool_calls` -> those of a chat completion. Tools that OpenAI's servers run and
 * tools without a schema are refused. `allowed_callers`, `async`, `defer_loading` and `output_schema` go: a backend
 * does without. `strict` that was left out stays out: most schemas do not keep to its rules.
 */
export function toToolFields(fields: JsonObject): JsonObject {
  const { tool_choice: choice } = fields
  const tools = optionalList(fields['tools'], 'tools')
  const parallel = optionalBoolean(fields['parallel_tool_calls'], 'parallel_tool_calls')
  if (tools.length === 0) return withoutTools(choice)
  return {
    ...chosen(placedIn(tools, 'tools').map(toTool), choice),
    ...(parallel === undefined ? {} : { parallel_tool_calls: parallel }),
  }
}

/** OpenAI refuses any choice where nothing is to choose from; `auto` and `none` mean nothing then. */
function withoutTools(choice: unknown): JsonObject {
  if (!isAbsent(choice) && choice !== 'auto' && choice !== 'none')
    throw invalid('tool_choice', 'left out, "auto" or "none" where no tools are given')
  return {}
}

function toTool({ value: tool, path }: Placed): FunctionTool {
  const { type, description, parameters, strict } = tool
  if (isAbsent(type)) throw missing(`${path}.type`)
  if (type !== 'function') throw unspeakable(`${path}.type`, `A tool of type ${JSON.stringify(type)}`)
  const schema = optionalObject(parameters, `${path}.parameters`)
  return functionTool({ name: stringAt(tool, 'name', path), description, parameters: schema, strict })
}

function chosen(tools: readonly FunctionTool[], choice: unknown): JsonObject {
  if (isAbsent(choice)) return { tools }
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { tools, tool_choice: choice }
  if (!isObject(choice)) throw invalid('tool_choice', '"auto", "none", "required" or an object')
  switch (choice['type']) {
    case 'function':
      return { tools, tool_choice: namedChoice(stringAt(choice, 'name', 'tool_choice')) }
    case 'allowed_tools':
      return allowed(tools, choice)
    default:
      throw unspeakable('tool_choice.type', `A choice of type ${JSON.stringify(choice['type'] ?? null)}`)
  }
}

/** Only the tools that are allowed, and the mode as the choice: the same to a model, and every backend takes it. */
function allowed(tools: readonly FunctionTool[], choice: JsonObject): JsonObject {
  const { mode, tools: named } = choice
  if (mode !== 'auto' && mode !== 'required') throw invalid('tool_choice.mode', '"auto" or "required"')
  if (!Array.isArray(named) || named.length === 0) throw invalid('tool_choice.tools', 'an array of at least one tool')
  const names = new Set(placedIn(named, 'tool_choice.tools').map((tool) => allowedName(tools, tool)))
  return { tools: tools.filter((tool) => names.has(tool.function.name)), tool_choice: mode }
}

function allowedName(tools: readonly FunctionTool[], { value: tool, path }: Placed): string {
  if (tool['type'] !== 'function') throw unspeakable(`${path}.type`, `A tool of type ${JSON.stringify(tool['type'] ?? null)}`)
  const name = stringAt(tool, 'name', path)
  if (!tools.some((known) => known.function.name === name)) throw invalid(`${path}.name`, 'the name of one of the tools')
  return name
}
