import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { CodecRefusal } from '../codec.ts'
import type { ModelAbilities } from './model-abilities.ts'
import { strictSchema } from './strict-schema.ts'

/** Anthropic's own settings of a tool, which clients write beside OpenAI's. */
const OWN_SETTINGS = ['cache_control', 'defer_loading', 'eager_input_streaming', 'allowed_callers', 'input_examples'] as const

/**
 * OpenAI's `tools` as Anthropic's. Tools in Anthropic's own form (`web_search_…`, or with `input_schema`) go as they are.
 * `strict` is dropped where the model can't enforce it.
 */
export function encodeTools(tools: unknown, abilities: ModelAbilities): JsonObject[] {
  if (tools === undefined || tools === null) return []
  if (!Array.isArray(tools)) throw new CodecRefusal('tools', 'The tools must be a list')
  return tools.map((tool: unknown, index) => encodeTool(tool, `tools[${index}]`, abilities))
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
  const { name, description, parameters } = wanted
  if (typeof name !== 'string' || name === '') throw new CodecRefusal(`${place.param}.name`, 'A function needs a name')
  if (parameters !== undefined && parameters !== null && !isObject(parameters)) {
    throw new CodecRefusal(`${place.param}.parameters`, 'The parameters of a function must be a JSON schema')
  }
  const schema = { type: 'object', ...(parameters ?? { properties: {} }) }
  const strict = wanted['strict'] === true && place.abilities.structuredOutput
  const settings = OWN_SETTINGS.flatMap((key) => (tool[key] === undefined ? [] : [[key, tool[key]] as const]))
  return {
    name,
    ...(typeof description === 'string' && description !== '' ? { description } : {}),
    input_schema: strict ? strictSchema(schema, `${place.param}.parameters`) : schema,
    ...(strict ? { strict: true } : {}),
    ...Object.fromEntries(settings),
  }
}
