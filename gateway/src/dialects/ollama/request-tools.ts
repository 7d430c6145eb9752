import { isAbsent, type JsonObject } from '../../lib/json.ts'
import { invalid, objectAt, optionalList, placedIn, stringAt, type Placed } from '../canonical/field-checks.ts'

/** `tools` have OpenAI's form already, but for a `type` that may be missing. */
export function toolsField(tools: unknown): JsonObject {
  const list = placedIn(optionalList(tools, 'tools'), 'tools')
  // OpenAI refuses a list of none.
  return list.length === 0 ? {} : { tools: list.map(toTool) }
}

function toTool({ value: tool, path }: Placed): JsonObject {
  stringAt(objectAt(tool, 'function', path), 'name', `${path}.function`)
  const { type } = tool
  if (!isAbsent(type) && type !== '' && type !== 'function') throw invalid(`${path}.type`, '"function"')
  return { ...tool, type: 'function' }
}
