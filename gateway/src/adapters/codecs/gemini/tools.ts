import { isAbsent, isObject, textOf, type JsonObject } from '../../../lib/json.ts'
import { readOptionalEntries } from '../canonical/field-checks.ts'
import { readToolChoice, type ChosenTool } from '../canonical/tool-choice.ts'
import { CodecRefusal } from '../codec.ts'
import { cleanSchema } from './schema.ts'

interface Choice {
  readonly mode: 'AUTO' | 'ANY' | 'NONE'
  /** Functions that may be called; undefined: all. */
  readonly allowed: readonly string[] | undefined
}

/**
 * `tools` and `tool_choice` -> `tools` and `toolConfig`. `strict` has no equal: Gemini checks arguments only where a call
 * is forced. `allowed_tools` under `auto` leaves the other functions out, since Gemini names allowed ones only when it forces.
 */
export function toToolFields(fields: JsonObject): JsonObject {
  const declarations = readOptionalEntries(fields['tools'], 'tools', toDeclaration)
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

const MODES = { auto: 'AUTO', none: 'NONE', required: 'ANY' } as const

function choiceOf(choice: unknown): Choice | undefined {
  const read = readToolChoice(choice, refuseChoice)
  if (read === undefined) return undefined
  const { mode, named, allowed } = read
  return { mode: MODES[mode], allowed: (named === undefined ? allowed : [named])?.map(nameOf) }
}

function refuseChoice(param: string): CodecRefusal {
  return new CodecRefusal(param, 'Gemini takes "none", "auto", "required", a function or allowed_tools')
}

function nameOf({ name, param }: ChosenTool): string {
  if (name === undefined) throw new CodecRefusal(param, 'Gemini takes functions only, each with a name')
  return name
}
