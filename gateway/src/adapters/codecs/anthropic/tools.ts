import { isAbsent, isObject, textOf, type JsonObject } from '../../../lib/json.ts'
import { readOptionalEntries } from '../canonical/field-checks.ts'
import { CodecRefusal } from '../codec.ts'
import type { ModelAbilities } from './model-abilities.ts'
import { strictSchema } from './strict-schema.ts'

/** Anthropic's own settings of a tool, which clients write beside OpenAI's. */
const OWN_SETTINGS = ['cache_control', 'defer_loading', 'eager_input_streaming', 'allowed_callers', 'input_examples'] as const

/**
 * OpenAI's `tools` as Anthropic's. Tools in Anthropic's own form (`web_search_...`, or with `input_schema`) go as they are.
 * `strict` is dropped where the model can't enforce it.
 */
export function encodeTools(tools: unknown, abilities: ModelAbilities): JsonObject[] {
  return readOptionalEntries(tools, 'tools', (tool, param) => encodeTool(tool, param, abilities))
}

function encodeTool(tool: unknown, param: string, abilities: ModelAbilities): JsonObject {
  if (!isObject(tool)) throw new CodecRefusal(param, 'A tool must be an object')
  const wanted = tool['function']
  if (isObject(wanted)) return functionTool(tool, wanted, { param: `${param}.function`, abilities })
  const type = tool['type']
  if (isObject(tool['custom']) || type === 'function' || (type === undefined && tool['name'] === undefined)) {
    throw new CodecRefusal(`${param}.type`, 'This backend takes tools of type `function`')
  }
  return tool
}

function functionTool(tool: JsonObject, wanted: JsonObject, place: { param: string; abilities: ModelAbilities }): JsonObject {
  const { name, parameters } = wanted
  const description = textOf(wanted['description'])
  if (textOf(name) === undefined) throw new CodecRefusal(`${place.param}.name`, 'A function needs a name')
  if (!isAbsent(parameters) && !isObject(parameters)) {
    throw new CodecRefusal(`${place.param}.parameters`, 'The parameters of a function must be a JSON schema')
  }
  const schema = { type: 'object', ...(parameters ?? { properties: {} }) }
  const strict = wanted['strict'] === true && place.abilities.structuredOutput
  const settings = OWN_SETTINGS.flatMap((key) => (tool[key] === undefined ? [] : [[key, tool[key]] as const]))
  return {
    name,
    ...(description === undefined ? {} : { description }),
    input_schema: strict ? strictSchema(schema, `${place.param}.parameters`) : schema,
    ...(strict ? { strict: true } : {}),
    ...Object.fromEntries(settings),
  }
}
