import { configSchema } from '@jairouter/contract/config'
import { z } from 'zod'

type JsonSchema = z.core.JSONSchema.JSONSchema

const REFERENCE = '#/$defs/environmentVariable'

/** The config file's JSON Schema, for editors: what the loader accepts, so `${VAR}` in place of a number, too. */
export function createConfigJsonSchema(): JsonSchema {
  const { $schema, $defs, ...root } = z.toJSONSchema(configSchema, { io: 'input' })
  return {
    ...($schema === undefined ? {} : { $schema }),
    title: 'JAiRouter config',
    description: 'jairouter.yaml; every setting is explained in docs/configuration.md',
    ...allowReferences(root),
    $defs: {
      ...$defs,
      environmentVariable: {
        type: 'string',
        pattern: String.raw`\$\{([A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?|secret:[0-9a-f]{32})\}`,
        description:
          "${NAME} or ${NAME:-default}: replaced by an environment variable when the file is read; ${secret:ID}: a secret in the gateway's store",
      },
    },
  }
}

function allowReferences(schema: JsonSchema): JsonSchema {
  if (isPickyScalar(schema)) {
    const { default: preset, ...rest } = schema
    return { ...(preset === undefined ? {} : { default: preset }), anyOf: [rest, { $ref: REFERENCE }] }
  }
  return {
    ...schema,
    ...(schema.properties === undefined ? {} : { properties: mapValues(schema.properties, allowReferencesIn) }),
    ...(schema.additionalProperties === undefined ? {} : { additionalProperties: allowReferencesIn(schema.additionalProperties) }),
    ...(isSchema(schema.items) ? { items: allowReferences(schema.items) } : {}),
    ...(schema.anyOf === undefined ? {} : { anyOf: schema.anyOf.map(allowReferencesIn) }),
    ...(schema.oneOf === undefined ? {} : { oneOf: schema.oneOf.map(allowReferencesIn) }),
  }
}

function allowReferencesIn<T>(schema: T): T | JsonSchema {
  return isSchema(schema) ? allowReferences(schema) : schema
}

/** A scalar that would refuse the text `${VAR}`. A constant chooses between alternatives, and stays as it is. */
function isPickyScalar(schema: JsonSchema): boolean {
  if (schema.const !== undefined) return false
  // `${A}` has four characters.
  if ((schema.minLength ?? 0) > 4) return true
  if (schema.type === 'string') return schema.pattern !== undefined || schema.format !== undefined || schema.enum !== undefined
  return schema.type === 'number' || schema.type === 'integer' || schema.type === 'boolean'
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, convert: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, convert(value)]))
}
