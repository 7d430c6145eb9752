import type { JsonObject } from '../../endpoints/call.ts'
import { invalid, isAbsent, objectAt, optionalObject, stringAt } from '../anthropic/field-checks.ts'

/** `text` → `response_format` and `verbosity`. */
export function toTextFields(fields: JsonObject): JsonObject {
  const text = optionalObject(fields['text'], 'text')
  if (text === undefined) return {}
  const { verbosity } = text
  if (!isAbsent(verbosity) && typeof verbosity !== 'string') throw invalid('text.verbosity', 'a string')
  return { ...formatField(text), ...(isAbsent(verbosity) ? {} : { verbosity }) }
}

/** Flat here, nested there. */
function formatField(text: JsonObject): JsonObject {
  const path = 'text.format'
  const format = optionalObject(text['format'], path)
  if (format === undefined || format['type'] === 'text') return {}
  if (format['type'] === 'json_object') return { response_format: { type: 'json_object' } }
  if (format['type'] !== 'json_schema') throw invalid(`${path}.type`, '"text", "json_object" or "json_schema"')
  return { response_format: { type: 'json_schema', json_schema: jsonSchema(format, path) } }
}

function jsonSchema(format: JsonObject, path: string): JsonObject {
  const { description, strict } = format
  return {
    name: stringAt(format, 'name', path),
    ...(typeof description === 'string' ? { description } : {}),
    schema: objectAt(format, 'schema', path),
    ...(typeof strict === 'boolean' ? { strict } : {}),
  }
}
