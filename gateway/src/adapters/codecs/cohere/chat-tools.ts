import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { CodecRefusal } from '../codec.ts'
import { givenOnly, isGiven } from './given.ts'

interface Tool {
  readonly name: string
  readonly strict: boolean
  readonly wire: JsonObject
}

interface Choice {
  readonly word: 'NONE' | 'REQUIRED' | undefined
  readonly names: readonly string[] | undefined
}

/**
 * `tools`, `tool_choice` and `strict_tools`. Cohere can't be told which tool to call: only the allowed ones are sent.
 * `strict` counts for all tools or none, so one strict tool makes all strict: no tool gets less than was asked for.
 */
export function encodeTools(fields: JsonObject): JsonObject {
  const all = toTools(fields['tools'])
  const { word, names } = toChoice(fields['tool_choice'])
  const tools = names === undefined ? all : all.filter(({ name }) => names.includes(name))
  const missing = names?.find((name) => !all.some((tool) => tool.name === name))
  if (missing !== undefined) throw new CodecRefusal('tool_choice', `The field "tool_choice" names "${missing}", which is not among "tools"`)
  if (tools.length === 0) {
    if (word !== 'REQUIRED') return {}
    throw new CodecRefusal('tool_choice', 'The field "tool_choice" requires a tool, and there is none')
  }
  return givenOnly({
    tools: tools.map(({ wire }) => wire),
    tool_choice: word,
    strict_tools: tools.some(({ strict }) => strict) ? true : undefined,
  })
}

function toTools(tools: unknown): readonly Tool[] {
  if (!isGiven(tools)) return []
  if (!Array.isArray(tools)) throw new CodecRefusal('tools', 'The field "tools" must be an array')
  return tools.map((tool: unknown, at) => toTool(tool, `tools[${at}]`))
}

function toTool(tool: unknown, path: string): Tool {
  if (isObject(tool) && tool['type'] !== 'function')
    throw new CodecRefusal(`${path}.type`, 'Cohere knows tools of the type "function" only')
  const declared = isObject(tool) ? tool['function'] : undefined
  const name = isObject(declared) ? declared['name'] : undefined
  if (!isObject(declared) || typeof name !== 'string') throw new CodecRefusal(`${path}.function`, 'A tool must have a function with a name')
  // `strict` inside of a tool is refused, and a function without parameters, too.
  const { strict, ...rest } = declared
  return {
    name,
    strict: strict === true,
    wire: { type: 'function', function: { parameters: { type: 'object', properties: {} }, ...givenOnly(rest) } },
  }
}

function toChoice(choice: unknown): Choice {
  if (!isGiven(choice) || choice === 'auto') return { word: undefined, names: undefined }
  if (choice === 'none') return { word: 'NONE', names: undefined }
  if (choice === 'required') return { word: 'REQUIRED', names: undefined }
  if (isObject(choice) && choice['type'] === 'function') return { word: 'REQUIRED', names: [nameOf(choice)] }
  const allowed = isObject(choice) && choice['type'] === 'allowed_tools' ? choice['allowed_tools'] : undefined
  if (isObject(allowed) && Array.isArray(allowed['tools']))
    return { word: allowed['mode'] === 'required' ? 'REQUIRED' : undefined, names: allowed['tools'].map(nameOf) }
  throw new CodecRefusal('tool_choice', 'Cohere takes "auto", "none", "required", a function or allowed functions as "tool_choice"')
}

function nameOf(tool: unknown): string {
  const name = isObject(tool) && isObject(tool['function']) ? tool['function']['name'] : undefined
  if (typeof name !== 'string') throw new CodecRefusal('tool_choice', 'The field "tool_choice" names no function')
  return name
}
