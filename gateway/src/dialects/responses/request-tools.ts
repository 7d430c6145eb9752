import { isObject, type JsonObject } from '../../endpoints/call.ts'
import { invalid, isAbsent, missing, optionalObject, stringAt } from '../anthropic/field-checks.ts'
import { unspeakable } from './refusals.ts'

/**
 * `tools`, `tool_choice` and `parallel_tool_calls` → those of a chat completion. Tools that OpenAI's servers run and
 * tools without a schema are refused. `allowed_callers`, `async`, `defer_loading` and `output_schema` go: a backend
 * does without. `strict` that was left out stays out: most schemas do not keep to its rules.
 */
export function toToolFields(fields: JsonObject): JsonObject {
  const { tools, tool_choice: choice, parallel_tool_calls: parallel } = fields
  if (!isAbsent(tools) && !Array.isArray(tools)) throw invalid('tools', 'an array')
  if (!isAbsent(parallel) && typeof parallel !== 'boolean') throw invalid('parallel_tool_calls', 'a boolean')
  if (isAbsent(tools) || tools.length === 0) return withoutTools(choice)
  return {
    ...chosen(tools.map(toTool), choice),
    ...(isAbsent(parallel) ? {} : { parallel_tool_calls: parallel }),
  }
}

/** OpenAI refuses any choice where nothing is to choose from; `auto` and `none` mean nothing then. */
function withoutTools(choice: unknown): JsonObject {
  if (!isAbsent(choice) && choice !== 'auto' && choice !== 'none')
    throw invalid('tool_choice', 'left out, "auto" or "none" where no tools are given')
  return {}
}

interface ChatTool {
  readonly type: 'function'
  readonly function: { readonly name: string }
}

function toTool(tool: unknown, index: number): ChatTool {
  const path = `tools[${index}]`
  if (!isObject(tool)) throw invalid(path, 'an object')
  const { type, description, parameters, strict } = tool
  if (isAbsent(type)) throw missing(`${path}.type`)
  if (type !== 'function') throw unspeakable(`${path}.type`, `A tool of type ${JSON.stringify(type)}`)
  const schema = optionalObject(parameters, `${path}.parameters`)
  return {
    type,
    function: {
      name: stringAt(tool, 'name', path),
      ...(typeof description === 'string' ? { description } : {}),
      ...(schema === undefined ? {} : { parameters: schema }),
      ...(typeof strict === 'boolean' ? { strict } : {}),
    },
  }
}

function chosen(tools: readonly ChatTool[], choice: unknown): JsonObject {
  if (isAbsent(choice)) return { tools }
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { tools, tool_choice: choice }
  if (!isObject(choice)) throw invalid('tool_choice', '"auto", "none", "required" or an object')
  switch (choice['type']) {
    case 'function':
      return { tools, tool_choice: { type: 'function', function: { name: stringAt(choice, 'name', 'tool_choice') } } }
    case 'allowed_tools':
      return allowed(tools, choice)
    default:
      throw unspeakable('tool_choice.type', `A choice of type ${JSON.stringify(choice['type'] ?? null)}`)
  }
}

/** Only the tools that are allowed, and the mode as the choice: the same to a model, and every backend takes it. */
function allowed(tools: readonly ChatTool[], choice: JsonObject): JsonObject {
  const { mode, tools: named } = choice
  if (mode !== 'auto' && mode !== 'required') throw invalid('tool_choice.mode', '"auto" or "required"')
  if (!Array.isArray(named) || named.length === 0) throw invalid('tool_choice.tools', 'an array of at least one tool')
  const names = new Set(named.map((tool: unknown, index) => allowedName(tools, tool, `tool_choice.tools[${index}]`)))
  return { tools: tools.filter((tool) => names.has(tool.function.name)), tool_choice: mode }
}

function allowedName(tools: readonly ChatTool[], tool: unknown, path: string): string {
  if (!isObject(tool)) throw invalid(path, 'an object')
  if (tool['type'] !== 'function') throw unspeakable(`${path}.type`, `A tool of type ${JSON.stringify(tool['type'] ?? null)}`)
  const name = stringAt(tool, 'name', path)
  if (!tools.some((known) => known.function.name === name)) throw invalid(`${path}.name`, 'the name of one of the tools')
  return name
}
