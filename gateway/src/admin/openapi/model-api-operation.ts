import { z } from 'zod'
import type { JsonObject } from '../../lib/json.ts'
import type { Components } from './components.ts'
import type { Content, ModelOperation } from './model-apis/model-operation.ts'

const openAiError = z
  .object({ error: z.object({ message: z.string(), type: z.string(), param: z.string().nullable(), code: z.string().nullable() }) })
  .meta({ id: 'OpenAiError' })
const anthropicError = z
  .object({
    type: z.literal('error'),
    error: z.looseObject({ type: z.string(), message: z.string() }),
    request_id: z.string(),
  })
  .meta({ id: 'AnthropicError' })
const ollamaError = z.object({ error: z.string() }).meta({ id: 'OllamaError' })

const ERRORS = { openai: openAiError, anthropic: anthropicError, ollama: ollamaError } as const

/** Of the model APIs: by a key, in any of the headers that clients send it in, or by an account. */
const SECURITY = [{ bearer: [] }, { xApiKey: [] }, { apiKey: [] }, { jairouterToken: [] }]

/** An operation outside of the management API in OpenAPI 3.1. */
export function modelApiOperation(described: ModelOperation, components: Components): JsonObject {
  const { method, path, tag, summary, description, open, body, errors } = described
  const parameters = parametersOf(described, components)
  const words = path.split(/[^a-zA-Z0-9]+/).filter((word) => word !== '')
  return {
    operationId: [method.toLowerCase(), ...words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)].join(''),
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    security: open === true ? [] : SECURITY,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: contentOf(body, components) } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(described.answers).map(([status, { description, content }]) => [
          status,
          { description, ...(content === undefined ? {} : { content: contentOf(content, components) }) },
        ]),
      ),
      ...(errors === 'none'
        ? {}
        : {
            default: {
              description: 'What went wrong, in the shape of this API',
              content: contentOf({ 'application/json': { schema: ERRORS[errors] } }, components),
            },
          }),
    },
  }
}

function parametersOf({ params, query }: ModelOperation, components: Components): readonly JsonObject[] {
  const inPath = params === undefined ? [] : components.fieldsOf(params).map((field) => ({ ...field, in: 'path', required: true }))
  const inQuery = query === undefined ? [] : components.fieldsOf(query).map((field) => ({ ...field, in: 'query' }))
  return [...inPath, ...inQuery]
}

function contentOf(content: Readonly<Record<string, Content>>, components: Components): JsonObject {
  return Object.fromEntries(
    Object.entries(content).map(([type, { schema, example }]) => [
      type,
      { ...(schema === undefined ? {} : { schema: components.schemaOf(schema) }), ...(example === undefined ? {} : { example }) },
    ]),
  )
}
