import { isAbsent, isObject, type JsonObject } from '../../../lib/json.ts'
import { readEntries } from '../canonical/field-checks.ts'
import { readToolChoice } from '../canonical/tool-choice.ts'
import { CodecRefusal } from '../codec.ts'

/** The client's fields that `encodeTools` reads. */
export const TOOL_FIELDS = ['tools', 'tool_choice'] as const

/**
 * `tools` as they are, without `strict`. Ollama has no `tool_choice`: `none` sends no tools, a free choice among some
 * sends those, and a call that must be made can't be had. Undefined when there are none.
 */
export function encodeTools({ tools, tool_choice: choice }: JsonObject): readonly JsonObject[] | undefined {
  const isAllowed = allowedBy(choice)
  if (isAbsent(tools)) return undefined
  const encoded = readEntries(tools, 'tools', { read: encodeTool }).filter(({ name }) => isAllowed(name))
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
  const { mode, allowed } = readToolChoice(choice, refuseChoice) ?? { mode: 'auto' }
  if (mode === 'required') throw refuseChoice()
  if (mode === 'none') return () => false
  if (allowed === undefined) return () => true
  const names = new Set(allowed.map(({ name }) => name))
  return (name) => names.has(name)
}

function refuseChoice(): CodecRefusal {
  return new CodecRefusal('tool_choice', 'Ollama can not be made to call a tool; the field "tool_choice" must be none or auto')
}
