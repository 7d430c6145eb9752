import type { Rewrite } from '@jairouter/contract/adapter'
import { isObject, type JsonObject } from '../../lib/json.ts'
import type { Edit } from '../../lib/json-members.ts'

/** What becomes of a `tool_choice` for which the backend has no word. */
export function toolChoiceEdits(fields: JsonObject, { namedTool, noTool, values }: Rewrite): Edit[] {
  const { tool_choice: choice, tools } = fields
  if (choice === 'none' && noTool === 'without-tools')
    return ['tool_choice', 'tools'].flatMap((key): Edit[] => (key in fields ? [{ kind: 'drop', key }] : []))
  if (namedTool === 'native' || !isObject(choice) || !Array.isArray(tools)) return []
  const name = nameOf(choice)
  const only = tools.filter((tool: unknown) => name !== undefined && nameOf(tool) === name)
  // A name that no tool has: the backend refuses it in words of its own.
  if (only.length === 0) return []
  const word = values['tool_choice']?.['required'] ?? 'required'
  return [
    { kind: 'set', key: 'tools', json: JSON.stringify(only) },
    { kind: 'set', key: 'tool_choice', json: JSON.stringify(word) },
  ]
}

function nameOf(tool: unknown): unknown {
  return isObject(tool) && isObject(tool['function']) ? tool['function']['name'] : undefined
}
