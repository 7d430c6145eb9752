import { configSchema } from '@jairouter/contract/config'
import { z } from 'zod'

type JsonSchema = z.core.JSONSchema.JSONSchema
type TypeName = 'string' | 'number' | 'boolean' | 'null' | 'array' | 'object'

/** What the schema allows at one place of the config: its alternatives, of which one must fit. */
export type SchemaPlace = readonly JsonSchema[]

const ROOT: JsonSchema = z.toJSONSchema(configSchema, { io: 'input' })

export const rootPlace: SchemaPlace = alternatives(ROOT)

/** Empty where the schema has nothing. */
export function stepInto(place: SchemaPlace, part: string | number): SchemaPlace {
  return place.flatMap((schema) => childrenOf(schema, part)).flatMap(alternatives)
}

export function placeOf(path: readonly (string | number)[]): SchemaPlace {
  return path.reduce<SchemaPlace>(stepInto, rootPlace)
}

/** Keys that a mapping at this place may have; none where any name goes. */
export function knownKeys(place: SchemaPlace): string[] {
  const keys = place.flatMap((schema) => [...Object.keys(schema.properties ?? {}), ...enumerated(schema.propertyNames)])
  return [...new Set(keys)]
}

/** Whether a value of this type may stand here; where the schema says nothing of types, every one may. */
export function accepts(place: SchemaPlace, type: TypeName): boolean {
  return place.some((schema) => {
    if (schema.type === undefined) return schema.enum === undefined && schema.const === undefined
    return schema.type === type || (schema.type === 'integer' && type === 'number')
  })
}

function childrenOf(schema: JsonSchema, part: string | number): JsonSchema[] {
  const child = typeof part === 'number' ? schema.items : (own(schema.properties, part) ?? schema.additionalProperties)
  return typeof child === 'object' && !Array.isArray(child) ? [child] : []
}

function alternatives(schema: JsonSchema): JsonSchema[] {
  if (schema.$ref !== undefined) {
    const target = own(ROOT.$defs, schema.$ref.replace('#/$defs/', ''))
    return target === undefined ? [] : alternatives(target)
  }
  const nested = schema.anyOf ?? schema.oneOf
  return nested === undefined ? [schema] : nested.flatMap((part) => (typeof part === 'boolean' ? [] : alternatives(part)))
}

function enumerated(schema: JsonSchema['propertyNames']): string[] {
  if (typeof schema !== 'object') return []
  return (schema.enum ?? []).filter((value) => typeof value === 'string')
}

/** A key of a config file may be any word, `constructor` as well. */
function own<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined
}
