import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { CodecRefusal } from '../codec.ts'
import { isGiven } from './given-fields.ts'

/** The client's fields that `encodeTools` reads. */
export const TOOL_FIELDS = ['tools', 'tool_choice'] as const

/**
 * `tools` as they are, without `strict`. Ollama has no `tool_choice`: `none` sends no tools, a free choice among some
 * sends those, and a call that must be made can't be had. Undefined when there are none.
 */
export function encodeTools({ tools, tool_choice: choice }: JsonObject): readonly JsonObject[] | undefined {
  const isAllowed = allowedBy(choice)
  if (!isGiven(tools)) return undefined
  if (!Array.isArray(tools)) throw new CodecRefusal('tools', 'The field "tools" must be an array')
  const encoded = tools.map((tool: unknown, at) => encodeTool(tool, `tools[${at}]`)).filter(({ name }) => isAllowed(name))
  return encoded.length === 0 ? undefined : encoded.map(({ tool }) => tool)
}

function encodeTool(tool: unknown, path: string): { readonly name: string; readonly tool: JsonObject } {
  const { type = 'function', function: described, ...wrapper }: JsonObject = isObject(tool) ? tool : {}
  if (type !== 'function' || !isObject(described) || typeof described['name'] !== 'string')
    throw new CodecRefusal(path, 'Ollama knows tools that are functions with a name only')
  const { strict: _strict, ...rest } = described
  return { name: described['name'], tool: { ...wrapper, type, function: rest } }
}

/** Throws a CodecRefusal where the choice is not the model's own. */
function allowedBy(choice: unknown): (name: string) => boolean {
  if (!isGiven(choice) || choice === 'auto') return () => true
  if (choice === 'none') return () => false
  const { type, allowed_tools: allowed } = isObject(choice) ? choice : {}
  if (type !== 'allowed_tools' || !isObject(allowed) || allowed['mode'] !== 'auto' || !Array.isArray(allowed['tools']))
    throw new CodecRefusal('tool_choice', 'Ollama can not be made to call a tool; the field "tool_choice" must be none or auto')
  const names = new Set(allowed['tools'].map(nameOf))
  return (name) => names.has(name)
}

function nameOf(tool: unknown): unknown {
  return isObject(tool) && isObject(tool['function']) ? tool['function']['name'] : undefined
}
