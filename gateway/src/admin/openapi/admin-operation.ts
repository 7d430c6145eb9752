import type { JsonObject } from '../../lib/json.ts'
import { ADMIN_API } from '../mount-path.ts'
import type { AnyRoute } from '../route.ts'
import type { Components } from './components.ts'
import { problemsOf } from './problem-answers.ts'

/** A route of the management API -> its path and operation in OpenAPI 3.1. */
export function adminOperation(route: AnyRoute, components: Components): { readonly path: string; readonly operation: JsonObject } {
  const { path, names } = templateOf(route, components)
  const parameters = parametersOf(route, names, components)
  const operation = {
    operationId: operationIdOf(route),
    tags: [route.tag],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    ...(route.permission === 'public' ? { security: [] } : { 'x-permission': route.permission }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...bodyOf(route, components),
    responses: { ...answersOf(route, components), ...problemsOf(route) },
  }
  return { path, operation }
}

/** `getAdminApiBackendsById` for GET /backends/:id */
export function operationIdOf({ method, path }: AnyRoute): string {
  const words = path.split('/').map((segment) => {
    if (segment === '*') return 'ByName'
    const word = segment.replaceAll(/[^a-zA-Z]+(.)?/g, (_, letter: string | undefined) => letter?.toUpperCase() ?? '')
    return `${segment.startsWith(':') ? 'By' : ''}${word.charAt(0).toUpperCase()}${word.slice(1)}`
  })
  return `${method.toLowerCase()}AdminApi${words.join('')}`
}

/** The path as OpenAPI writes it, and the routes' names of its parameters -> those in it. */
function templateOf(route: AnyRoute, components: Components): { path: string; names: ReadonlyMap<string, string> } {
  const fields = route.params === undefined ? [] : components.fieldsOf(route.params)
  const names = new Map<string, string>()
  const segments = route.path
    .replace(/\/$/, '')
    .split('/')
    .map((segment) => {
      if (segment !== '*' && !segment.startsWith(':')) return segment
      const key = segment === '*' ? '*' : segment.slice(1)
      const title = fields.find(({ name }) => name === key)?.schema['title']
      const shown = key === '*' ? (typeof title === 'string' ? title : 'path') : key
      names.set(key, shown)
      return `{${shown}}`
    })
  return { path: `${ADMIN_API}${segments.join('/')}`, names }
}

function parametersOf(route: AnyRoute, names: ReadonlyMap<string, string>, components: Components): readonly JsonObject[] {
  const known = new Map((route.params === undefined ? [] : components.fieldsOf(route.params)).map(({ name, schema }) => [name, schema]))
  const inPath = [...names].map(([key, name]) => {
    const slashes = key === '*' ? { description: 'May hold slashes, as they are or encoded' } : {}
    return { name, in: 'path', required: true, ...slashes, schema: known.get(key) ?? { type: 'string' } }
  })
  const inQuery = (route.query === undefined ? [] : components.fieldsOf(route.query)).map((field) => ({ ...field, in: 'query' }))
  const dryRun = {
    name: 'dryRun',
    in: 'query',
    description: 'Says what would be changed, and changes nothing',
    schema: { type: 'boolean' },
  }
  const ifMatch = { name: 'If-Match', in: 'header', description: 'The entity tag of what was read', schema: { type: 'string' } }
  const writing = route.canDryRun === true ? [dryRun, ...(route.method === 'POST' ? [] : [ifMatch])] : []
  return [...inPath, ...inQuery, ...writing]
}

function bodyOf(route: AnyRoute, components: Components): JsonObject {
  const { body, bodyType, method, example } = route
  if (body === undefined) return {}
  const content = {
    schema: components.schemaOf(route.documented?.body ?? body),
    ...(example?.request === undefined ? {} : { example: example.request }),
  }
  const types = bodyType === undefined ? ['application/json', ...(method === 'PATCH' ? ['application/merge-patch+json'] : [])] : [bodyType]
  const required = !body.safeParse(undefined).success
  return { requestBody: { required, content: Object.fromEntries(types.map((type) => [type, content])) } }
}

/** Which answer the route's example is one of: what was made, where something is, else the first that went well. */
export function exampledStatus(answers: AnyRoute['answers']): string | undefined {
  const good = Object.entries(answers).filter(([status, { schema }]) => status.startsWith('2') && schema !== undefined)
  return (good.find(([status]) => status === '201') ?? good[0])?.[0]
}

function answersOf({ answers, example }: AnyRoute, components: Components): JsonObject {
  const exampled = exampledStatus(answers)
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, schema, type = 'application/json', streamed }]) => {
      if (schema === undefined && type === 'application/json') return [status, { description }]
      const shown = example?.answer !== undefined && status === exampled ? { example: example.answer } : {}
      const content = { ...(schema === undefined ? {} : { schema: components.schemaOf(schema) }), ...shown }
      const events = streamed === undefined ? {} : { 'text/event-stream': { schema: components.schemaOf(streamed) } }
      return [status, { description, content: { [type]: content, ...events } }]
    }),
  )
}
