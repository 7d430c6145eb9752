import { givenOnly, isObject, type JsonObject } from '../../../lib/json.ts'
import { readOptionalEntries } from '../canonical/field-checks.ts'
import { readToolChoice, type ChosenTool } from '../canonical/tool-choice.ts'
import { CodecRefusal } from '../codec.ts'

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
  const all = readOptionalEntries(fields['tools'], 'tools', toTool)
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
  const { mode, named, allowed } = readToolChoice(choice, refuseChoice) ?? { mode: 'auto' }
  const chosen = named === undefined ? allowed : [named]
  const word = mode === 'auto' ? undefined : mode === 'none' ? 'NONE' : 'REQUIRED'
  return { word, names: chosen?.map(nameOf) }
}

function refuseChoice(): CodecRefusal {
  return new CodecRefusal('tool_choice', 'Cohere takes "auto", "none", "required", a function or allowed functions as "tool_choice"')
}

function nameOf({ name }: ChosenTool): string {
  if (name === undefined) throw new CodecRefusal('tool_choice', 'The field "tool_choice" names no function')
  return name
}
