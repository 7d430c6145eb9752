import { ROLES, isAllowed } from '@jairouter/contract/management/roles'
import { PROBLEMS } from '@jairouter/contract/management/problem'
import { exampledStatus } from '../../src/admin/openapi/admin-operation.ts'
import { MODEL_APIS } from '../../src/admin/openapi/model-apis/model-apis.ts'
import type { AnyRoute } from '../../src/admin/route.ts'
import { isObject, listOf, stringOf, type JsonObject } from '../../src/lib/json.ts'
import { askAdmin, startAdmin } from './start-admin.ts'

/**
 * Asks every route as each role, as nobody and with an API key, over real sockets and with a handler that does nothing
 * else, and gives one line for each answer that is not what the contract's table of permissions says. Empty: all is well.
 */
export async function rolesAgainst(routes: readonly AnyRoute[]): Promise<readonly string[]> {
  const reached = new Set<string>()
  const fakes = routes.map(({ method, path, permission, tag, summary }): AnyRoute => {
    const handle = () => {
      reached.add(`${method} ${path}`)
      return { body: 'reached' }
    }
    return { method, path, permission, tag, summary, answers: {}, handle }
  })
  const admin = await startAdmin(fakes)
  const wrong: string[] = []
  for (const { method, path, permission } of fakes) {
    const target = path.replaceAll(/:\w+|\*/g, 'x')
    const expected = (who: string) => {
      if (permission === 'public') return 200
      if (who === '') return PROBLEMS.not_signed_in.status
      const role = ROLES.find((role) => role === who)
      return role !== undefined && isAllowed(role, permission) ? 200 : 403
    }
    for (const who of [...ROLES, '', 'jr-a-data-key']) {
      reached.clear()
      const { status } = await askAdmin(admin, target, { method, as: who })
      const name = `${method} ${path} as ${who === '' ? 'nobody' : who}`
      if (status !== expected(who)) wrong.push(`${name}: ${status} instead of ${expected(who)}`)
      if (reached.has(`${method} ${path}`) !== (expected(who) === 200))
        wrong.push(`${name}: the handler was ${status === 200 ? 'not ' : ''}reached`)
    }
  }
  return wrong
}

/** One line for each operation without a summary, and for each body or answer whose example is missing or is not valid by its own schema. */
export function examplesAgainst(routes: readonly AnyRoute[]): readonly string[] {
  const ofRoutes = routes.flatMap((route) => {
    const name = `${route.method} ${route.path}`
    const body = route.documented?.body ?? route.body
    const answer = route.answers[Number(exampledStatus(route.answers))]?.schema
    const { request, answer: answered } = route.example ?? {}
    return [
      ...(route.summary === '' ? [`${name}: no summary`] : []),
      ...(body !== undefined && request === undefined && !body.safeParse(undefined).success ? [`${name}: no example of its body`] : []),
      ...(body !== undefined && request !== undefined ? invalid(`${name}: body`, body, request) : []),
      // What is sent passes what the route really reads, too.
      ...(route.body !== undefined && request !== undefined ? invalid(`${name}: body as it is read`, route.body, request) : []),
      ...(answer !== undefined && answered !== undefined ? invalid(`${name}: answer`, answer, answered) : []),
    ]
  })
  const ofModelApis = MODEL_APIS.flatMap(({ method, path, body = {}, answers }) =>
    [body, ...Object.values(answers).map(({ content = {} }) => content)].flatMap((content) =>
      Object.entries(content).flatMap(([type, { schema, example }]) => {
        if (schema !== undefined && example !== undefined) return invalid(`${method} ${path}: ${type}`, schema, example)
        return type === 'application/json' ? [`${method} ${path}: no example of its JSON`] : []
      }),
    ),
  )
  return [...ofRoutes, ...ofModelApis]
}

function invalid(name: string, schema: NonNullable<AnyRoute['body']>, example: unknown): readonly string[] {
  const read = schema.safeParse(example)
  return read.success ? [] : [`${name}: ${read.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ')}`]
}

const PARTS: ReadonlySet<string> = new Set(['get', 'post', 'put', 'patch', 'delete'])

/** What breaks the structure of OpenAPI 3.1: one line each. */
export function documentFaults(document: JsonObject): readonly string[] {
  const faults: string[] = []
  const operations = Object.entries(objectAt(document, ['paths'])).flatMap(([path, item]) =>
    Object.entries(isObject(item) ? item : {}).map(([method, operation]) => ({
      path,
      method,
      operation: isObject(operation) ? operation : {},
    })),
  )
  const tags = new Set(listOf(document['tags']).map((tag) => (isObject(tag) ? tag['name'] : undefined)))
  const ids = new Set<unknown>()
  for (const { path, method, operation } of operations) {
    const name = `${method} ${path}`
    const { operationId, responses, parameters, summary } = operation
    if (!path.startsWith('/')) faults.push(`${name}: a path begins with /`)
    if (!PARTS.has(method)) faults.push(`${name}: no method of a path`)
    if (ids.has(operationId) || typeof operationId !== 'string') faults.push(`${name}: operationId ${String(operationId)} is not its own`)
    ids.add(operationId)
    if (stringOf(summary) === '') faults.push(`${name}: no summary`)
    if (!listOf(operation['tags']).every((tag) => tags.has(stringOf(tag)))) faults.push(`${name}: a tag that is not listed`)
    const given = Object.entries(isObject(responses) ? responses : {})
    if (given.length === 0) faults.push(`${name}: no responses`)
    for (const [status, response] of given) {
      if (!/^([1-5]\d\d|default)$/.test(status)) faults.push(`${name}: ${status} is no status`)
      if (!isObject(response) || (response['$ref'] === undefined && typeof response['description'] !== 'string'))
        faults.push(`${name}: the answer ${status} has no description`)
    }
    const inPath = listOf(parameters).flatMap((parameter) => (isObject(parameter) && parameter['in'] === 'path' ? [parameter['name']] : []))
    const inTemplate = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    if (inPath.join() !== inTemplate.join()) faults.push(`${name}: its parameters are ${inPath.join() || 'none'}`)
    for (const requirement of listOf(operation['security']).filter(isObject))
      for (const scheme of Object.keys(requirement))
        if (!Object.hasOwn(objectAt(document, ['components', 'securitySchemes']), scheme)) faults.push(`${name}: no scheme ${scheme}`)
  }
  return [...faults, ...danglingReferences(document)]
}

function danglingReferences(document: JsonObject): readonly string[] {
  const found: string[] = []
  JSON.stringify(document, (key, value: unknown) => {
    if (key === '$ref' && typeof value === 'string' && Object.keys(objectAt(document, value.split('/').slice(1))).length === 0)
      found.push(`${value} refers to nothing`)
    return value
  })
  return found
}

function objectAt(root: unknown, path: readonly string[]): JsonObject {
  let value = root
  for (const part of path) value = isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined
  return isObject(value) ? value : {}
}
