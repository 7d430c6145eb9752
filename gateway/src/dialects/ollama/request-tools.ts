import { isObject, type JsonObject } from '../../endpoints/call.ts'
import { invalid, isAbsent, objectAt, stringAt } from '../anthropic/field-checks.ts'

/** `tools` have OpenAI's form already, but for a `type` that may be missing. */
export function toolsField(tools: unknown): JsonObject {
  if (isAbsent(tools)) return {}
  if (!Array.isArray(tools)) throw invalid('tools', 'an array')
  // OpenAI refuses a list of none.
  return tools.length === 0 ? {} : { tools: tools.map((tool: unknown, at) => toTool(tool, `tools[${at}]`)) }
}

function toTool(tool: unknown, path: string): JsonObject {
  if (!isObject(tool)) throw invalid(path, 'an object')
  stringAt(objectAt(tool, 'function', path), 'name', `${path}.function`)
  const { type } = tool
  if (!isAbsent(type) && type !== '' && type !== 'function') throw invalid(`${path}.type`, '"function"')
  return { ...tool, type: 'function' }
}
