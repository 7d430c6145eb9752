import type { JsonObject } from '../../lib/json.ts'
import { invalid, objectAt, optionalObject, optionalString, stringAt } from '../canonical/field-checks.ts'
import { ANY_JSON, schemaFormat } from '../canonical/generation-fields.ts'

/** `text` -> `response_format` and `verbosity`. */
export function toTextFields(fields: JsonObject): JsonObject {
  const text = optionalObject(fields['text'], 'text')
  if (text === undefined) return {}
  const verbosity = optionalString(text['verbosity'], 'text.verbosity')
  return { ...formatField(text), ...(verbosity === undefined ? {} : { verbosity }) }
}

/** Flat here, nested there. */
function formatField(text: JsonObject): JsonObject {
  const path = 'text.format'
  const format = optionalObject(text['format'], path)
  if (format === undefined || format['type'] === 'text') return {}
  if (format['type'] === 'json_object') return ANY_JSON
  if (format['type'] !== 'json_schema') throw invalid(`${path}.type`, '"text", "json_object" or "json_schema"')
  const { description, strict } = format
  return schemaFormat({
    name: stringAt(format, 'name', path),
    ...(typeof description === 'string' ? { description } : {}),
    schema: objectAt(format, 'schema', path),
    ...(typeof strict === 'boolean' ? { strict } : {}),
  })
}
