import { isAbsent, isObject, type JsonObject } from '../../../lib/json.ts'
import { CodecRefusal } from '../codec.ts'
import { wrongField } from './field-checks.ts'

export const SCHEMA_PARAM = 'response_format.json_schema.schema'

/** The form in which the client wants the answer. */
export type WantedFormat =
  | { readonly kind: 'text' }
  | { readonly kind: 'json' }
  /** `described` holds the schema with its name and description. */
  | { readonly kind: 'schema'; readonly schema: JsonObject; readonly described: JsonObject }

/** `response_format`. Throws a CodecRefusal for what is no format. */
export function readResponseFormat(format: unknown): WantedFormat {
  if (isAbsent(format)) return { kind: 'text' }
  const { type, json_schema: described } = isObject(format) ? format : {}
  switch (type) {
    case 'text':
      return { kind: 'text' }
    case 'json_object':
      return { kind: 'json' }
    case 'json_schema': {
      const schema = isObject(described) ? described['schema'] : undefined
      if (!isObject(described) || !isObject(schema)) throw wrongField(SCHEMA_PARAM, 'an object')
      return { kind: 'schema', schema, described }
    }
    default:
      throw new CodecRefusal(
        `response_format${typeof type === 'string' ? '.type' : ''}`,
        'The field "response_format" must be of type text, json_object or json_schema',
      )
  }
}
