import { isAbsent, type JsonObject } from '../../lib/json.ts'
import { invalid, objectAt, optionalList, optionalObject, placedIn, stringAt, type Placed } from '../canonical/field-checks.ts'
import { functionTool, namedChoice, type FunctionTool } from '../canonical/function-tool.ts'
import { unspeakable } from './unspeakable.ts'

/**
 * `tools` and `tool_choice` -> those of a chat completion, with `parallel_tool_calls`. Anthropic's own tools, whose
 * schemas its models know by heart or which its servers run, are refused. Marks for its servers go: `cache_control`,
 * `defer_loading`, `allowed_callers`, `eager_input_streaming`, `input_examples`.
 */
export function toToolFields(fields: JsonObject): JsonObject {
  const tools = placedIn(optionalList(fields['tools'], 'tools'), 'tools')
  const choice = optionalObject(fields['tool_choice'], 'tool_choice')
  if (tools.length === 0) return withoutTools(choice)
  return {
    tools: tools.map(toTool),
    ...(choice === undefined ? {} : { tool_choice: toToolChoice(choice) }),
    ...(choice?.['disable_parallel_tool_use'] === true ? { parallel_tool_calls: false } : {}),
  }
}

/** OpenAI refuses any choice where nothing is to choose from; `auto` and `none` mean nothing then. */
function withoutTools(choice: JsonObject | undefined): JsonObject {
  const type = choice?.['type']
  if (type === 'any' || type === 'tool') throw invalid('tool_choice', 'left out or "auto" where no tools are given')
  return {}
}

function toTool({ value: tool, path }: Placed): FunctionTool {
  const { type, description, strict } = tool
  if (!isAbsent(type) && type !== 'custom') throw unspeakable(`${path}.type`, `A tool of type ${JSON.stringify(type)}`)
  return functionTool({ name: stringAt(tool, 'name', path), description, parameters: objectAt(tool, 'input_schema', path), strict })
}

function toToolChoice(choice: JsonObject): unknown {
  switch (choice['type']) {
    case 'auto':
    case 'none':
      return choice['type']
    case 'any':
      return 'required'
    case 'tool':
      return namedChoice(stringAt(choice, 'name', 'tool_choice'))
    default:
      throw invalid('tool_choice.type', '"auto", "any", "tool" or "none"')
  }
}
