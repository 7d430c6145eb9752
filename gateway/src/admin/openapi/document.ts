import { setImmediate as turn } from 'node:timers/promises'
import type { z } from 'zod'
import type { JsonObject } from '../../lib/json.ts'
import type { AnyRoute } from '../route.ts'
import { adminOperation, operationIdOf } from './admin-operation.ts'
import { createComponents } from './components.ts'
import { modelApiOperation } from './model-api-operation.ts'
import { MODEL_APIS } from './model-apis/model-apis.ts'
import { problemResponses } from './problem-answers.ts'

const DESCRIPTION = `One address for many model servers. The model APIs speak OpenAI's, Anthropic's and Ollama's dialects; the management API
changes everything while the gateway runs.

Sign in with \`POST /admin/api/session\` and send the access token as \`Authorization: Bearer\`. API keys open the model APIs only.
Refusals of the management API are problems (RFC 9457) with a \`code\`; \`errors\` has a JSON pointer for each thing that is wrong.`

const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'An access token; for the model APIs also an API key' },
  jairouterToken: { type: 'apiKey', in: 'header', name: 'Jairouter_Token', description: 'An access token' },
  cookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'jairouter_session',
    description: 'What a browser keeps; over TLS it is called `__Host-jairouter`',
  },
  xApiKey: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'An API key, as Anthropic’s clients send it' },
  apiKey: { type: 'apiKey', in: 'header', name: 'api-key', description: 'An API key, as Azure’s clients send it' },
} as const

/**
 * OpenAPI 3.1 of all that the gateway answers. The same for everybody: it says nothing of how this one is set up. Takes
 * some tenths of a second in all; requests have their turns in between.
 */
export async function buildDocument(routes: readonly AnyRoute[], version: string): Promise<JsonObject> {
  const components = createComponents(sharedNames(routes))
  const paths = new Map<string, Record<string, JsonObject>>()
  const add = (path: string, method: string, operation: JsonObject) => {
    const item = paths.get(path) ?? {}
    item[method.toLowerCase()] = operation
    paths.set(path, item)
  }
  for (const described of MODEL_APIS) {
    await turn()
    add(described.path, described.method, modelApiOperation(described, components))
  }
  for (const route of routes) {
    await turn()
    const { path, operation } = adminOperation(route, components)
    add(path, route.method, operation)
  }
  const responses = problemResponses(components)
  const tags = new Set([...MODEL_APIS, ...routes].map(({ tag }) => tag))
  return {
    openapi: '3.1.0',
    info: {
      title: 'JAiRouter',
      version,
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    // Beside this document, wherever a proxy has put it.
    servers: [{ url: '.' }],
    security: [{ bearer: [] }, { jairouterToken: [] }, { cookie: [] }],
    tags: [...tags].map((name) => ({ name })),
    paths: Object.fromEntries(paths),
    components: { schemas: components.schemas, responses, securitySchemes: SECURITY_SCHEMES },
  }
}

/** A schema object that stands in more than one place is a component, also where it has no name of its own: it is called after its first place. */
function sharedNames(routes: readonly AnyRoute[]): ReadonlyMap<z.ZodType, string> {
  const seen = new Set<z.ZodType>()
  const first = new Map<z.ZodType, string>()
  const shared = new Map<z.ZodType, string>()
  for (const route of routes) {
    const id = operationIdOf(route)
    const base = `${id.charAt(0).toUpperCase()}${id.slice(1)}`
    const body = route.documented?.body ?? route.body
    const places = [
      ...(body === undefined ? [] : [[body, `${base}Body`] as const]),
      ...Object.values(route.answers).flatMap(({ schema }) => (schema === undefined ? [] : [[schema, `${base}Answer`] as const])),
    ]
    for (const [schema, name] of places) {
      if (seen.has(schema)) shared.set(schema, first.get(schema) ?? name)
      else first.set(schema, name)
      seen.add(schema)
    }
  }
  return shared
}
