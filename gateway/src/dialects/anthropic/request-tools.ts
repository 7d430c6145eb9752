import { isObject, type JsonObject } from '../../endpoints/call.ts'
import { invalid, isAbsent, objectAt, optionalObject, stringAt, unspeakable } from './field-checks.ts'

/**
 * `tools` and `tool_choice` → those of a chat completion, with `parallel_tool_calls`. Anthropic's own tools, whose
 * schemas its models know by heart or which its servers run, are refused. Marks for its servers go: `cache_control`,
 * `defer_loading`, `allowed_callers`, `eager_input_streaming`, `input_examples`.
 */
export function toToolFields(fields: JsonObject): JsonObject {
  const { tools } = fields
  if (!isAbsent(tools) && !Array.isArray(tools)) throw invalid('tools', 'an array')
  const choice = optionalObject(fields['tool_choice'], 'tool_choice')
  if (isAbsent(tools) || tools.length === 0) return withoutTools(choice)
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

function toTool(tool: unknown, index: number): JsonObject {
  const path = `tools[${index}]`
  if (!isObject(tool)) throw invalid(path, 'an object')
  const { type, description, strict } = tool
  if (!isAbsent(type) && type !== 'custom') throw unspeakable(`${path}.type`, `A tool of type ${JSON.stringify(type)}`)
  return {
    type: 'function',
    function: {
      name: stringAt(tool, 'name', path),
      ...(typeof description === 'string' ? { description } : {}),
      parameters: objectAt(tool, 'input_schema', path),
      ...(typeof strict === 'boolean' ? { strict } : {}),
    },
  }
}

function toToolChoice(choice: JsonObject): unknown {
  switch (choice['type']) {
    case 'auto':
    case 'none':
      return choice['type']
    case 'any':
      return 'required'
    case 'tool':
      return { type: 'function', function: { name: stringAt(choice, 'name', 'tool_choice') } }
    default:
      throw invalid('tool_choice.type', '"auto", "any", "tool" or "none"')
  }
}
