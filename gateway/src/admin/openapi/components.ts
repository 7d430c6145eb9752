import { createHash } from 'node:crypto'
import { z } from 'zod'
import { isObject, type JsonObject } from '../../lib/json.ts'

/** The named schemas of a document, filled while its operations are written. */
export interface Components {
  /** JSON Schema of a value as it is sent or shown; what has a name is a reference. */
  schemaOf(schema: z.ZodType): JsonObject
  /** Field -> its schema, and whether it may be left out: of path and query parameters. */
  fieldsOf(schema: z.ZodType): readonly Field[]
  readonly schemas: Readonly<Record<string, JsonObject>>
}

export interface Field {
  readonly name: string
  readonly required: boolean
  readonly schema: JsonObject
}

/** `names`: schema objects that are used more than once and have no name of their own. */
export function createComponents(names: ReadonlyMap<z.ZodType, string>): Components {
  const schemas: Record<string, JsonObject> = {}
  const done = new Map<z.ZodType, JsonObject>()

  function convert(schema: z.ZodType): JsonObject {
    const { properties = {}, $defs = {} } = toJsonSchema(z.object({ value: schema }), 'input')
    const renamed = new Map(Object.entries($defs).map(([name, definition]) => [name, publicName(name, definition)]))
    for (const [name, definition] of Object.entries($defs)) register(renamed.get(name) ?? name, withReferences(definition, renamed))
    const converted = withReferences(properties['value'], renamed)
    const own = names.get(schema)
    if (own === undefined || '$ref' in converted) return converted
    register(own, converted)
    return { $ref: `#/components/schemas/${own}` }
  }

  function register(name: string, definition: JsonObject): void {
    const known = schemas[name]
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(definition))
      throw new Error(`Two different schemas are called ${name}`)
    schemas[name] = definition
  }

  return {
    schemas,
    schemaOf(schema) {
      const converted = done.get(schema) ?? convert(schema)
      done.set(schema, converted)
      return converted
    },
    fieldsOf(schema) {
      // What a coerced number takes is anything; what comes of it says more.
      const { properties = {} } = toJsonSchema(schema, 'output')
      const required: unknown = toJsonSchema(schema, 'input').required
      return Object.entries(properties).map(([name, field]) => ({
        name,
        required: Array.isArray(required) && required.includes(name),
        schema: isObject(field) ? field : {},
      }))
    },
  }
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output') {
  const { $schema: _, ...converted } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' })
  return converted
}

/** Schemas that refer to themselves come without a name. */
function publicName(name: string, definition: unknown): string {
  if (!name.startsWith('__')) return name
  return `Nested${createHash('sha256').update(JSON.stringify(definition)).digest('hex').slice(0, 8)}`
}

function withReferences(schema: unknown, renamed: ReadonlyMap<string, string>): JsonObject {
  const text = JSON.stringify(schema, (key, value: unknown) => {
    if (key !== '$ref' || typeof value !== 'string') return value
    const name = value.replace('#/$defs/', '')
    return `#/components/schemas/${renamed.get(name) ?? name}`
  })
  const parsed: unknown = JSON.parse(text)
  return isObject(parsed) ? parsed : {}
}
