import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { CodecRefusal } from '../codec.ts'
import { isAbsent, textOf } from './given.ts'
import { cleanSchema } from './schema.ts'

interface Choice {
  readonly mode: 'AUTO' | 'ANY' | 'NONE'
  /** Functions that may be called; undefined: all. */
  readonly allowed: readonly string[] | undefined
}

/**
 * `tools` and `tool_choice` → `tools` and `toolConfig`. `strict` has no equal: Gemini checks arguments only where a call
 * is forced. `allowed_tools` under `auto` leaves the other functions out, since Gemini names allowed ones only when it forces.
 */
export function toToolFields(fields: JsonObject): JsonObject {
  const declarations = declarationsOf(fields['tools'])
  const choice = choiceOf(fields['tool_choice'])
  if (declarations.length === 0) {
    if (choice?.mode === 'ANY') throw new CodecRefusal('tool_choice', 'A call is asked for, but no tools are given')
    return {}
  }
  const { mode, allowed } = choice ?? { mode: undefined, allowed: undefined }
  const offered =
    mode === 'AUTO' && allowed !== undefined ? declarations.filter(({ name }) => allowed.includes(String(name))) : declarations
  if (offered.length === 0) return {}
  const names = mode === 'ANY' && allowed !== undefined ? { allowedFunctionNames: allowed } : {}
  return {
    tools: [{ functionDeclarations: offered }],
    ...(mode === undefined ? {} : { toolConfig: { functionCallingConfig: { mode, ...names } } }),
  }
}

function declarationsOf(tools: unknown): readonly JsonObject[] {
  if (isAbsent(tools)) return []
  if (!Array.isArray(tools)) throw new CodecRefusal('tools', 'tools must be an array')
  return tools.map((tool: unknown, index) => toDeclaration(tool, `tools[${index}]`))
}

function toDeclaration(tool: unknown, param: string): JsonObject {
  if (!isObject(tool) || tool['type'] !== 'function' || !isObject(tool['function']))
    throw new CodecRefusal(`${param}.type`, 'Gemini takes tools of the type "function" only')
  const { name, description, parameters } = tool['function']
  if (textOf(name) === undefined) throw new CodecRefusal(`${param}.function.name`, 'A function must have a name')
  if (!isAbsent(parameters) && !isObject(parameters))
    throw new CodecRefusal(`${param}.function.parameters`, 'The parameters must be a JSON Schema')
  return {
    name,
    ...(textOf(description) === undefined ? {} : { description }),
    ...(isAbsent(parameters) ? {} : parametersField(parameters, `${param}.function.parameters`)),
  }
}

/** An object without properties is refused as a schema; without a schema the function takes no arguments. */
function parametersField(parameters: JsonObject, param: string): JsonObject {
  const schema = cleanSchema(parameters, param)
  const { properties } = schema
  const plain = !('$ref' in schema || 'anyOf' in schema || 'oneOf' in schema || 'allOf' in schema || 'additionalProperties' in schema)
  const empty = !isObject(properties) || Object.keys(properties).length === 0
  if (plain && empty) return {}
  return { parametersJsonSchema: 'type' in schema ? schema : { type: 'object', ...schema } }
}

function choiceOf(choice: unknown): Choice | undefined {
  if (isAbsent(choice)) return undefined
  if (choice === 'none') return { mode: 'NONE', allowed: undefined }
  if (choice === 'auto') return { mode: 'AUTO', allowed: undefined }
  if (choice === 'required') return { mode: 'ANY', allowed: undefined }
  if (isObject(choice) && choice['type'] === 'function') return { mode: 'ANY', allowed: [nameIn(choice, 'tool_choice')] }
  if (isObject(choice) && choice['type'] === 'allowed_tools') return allowedTools(choice)
  throw new CodecRefusal('tool_choice', 'Gemini takes "none", "auto", "required", a function or allowed_tools')
}

/** OpenAI nests the list; some clients write it flat, as in the Responses API. */
function allowedTools(choice: JsonObject): Choice {
  const holder = isObject(choice['allowed_tools']) ? choice['allowed_tools'] : choice
  const { mode, tools } = holder
  if (!Array.isArray(tools)) throw new CodecRefusal('tool_choice.allowed_tools.tools', 'tools must be an array')
  const allowed = tools.map((tool: unknown, index) => nameIn(tool, `tool_choice.allowed_tools.tools[${index}]`))
  return { mode: mode === 'required' ? 'ANY' : 'AUTO', allowed }
}

function nameIn(tool: unknown, param: string): string {
  const holder = isObject(tool) && isObject(tool['function']) ? tool['function'] : tool
  const name = isObject(holder) ? textOf(holder['name']) : undefined
  if (name === undefined) throw new CodecRefusal(`${param}.function.name`, 'Gemini takes functions only, each with a name')
  return name
}
