import { PROBLEMS, problemSchema } from '@jairouter/contract/management/problem'
import type { JsonObject } from '../../lib/json.ts'
import type { AnyRoute } from '../route.ts'
import type { Components } from './components.ts'

const TYPE = 'application/problem+json'

/** Status -> the answer of every refusal with it, as a component; the codes are named in its description. */
export function problemResponses(components: Components): Readonly<Record<string, JsonObject>> {
  const byStatus = new Map<number, string[]>()
  for (const [code, { status }] of Object.entries(PROBLEMS)) byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  const schema = components.schemaOf(problemSchema.meta({ id: 'Problem' }))
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      nameOf(status),
      {
        description: `RFC 9457, with one of these as \`code\`: ${codes.map((code) => `\`${code}\``).join(', ')}`,
        content: { [TYPE]: { schema, example: exampleOf(codes[0] ?? '') } },
      },
    ]),
  )
}

/** Which of them an operation can have. */
export function problemsOf({ method, path, permission, params, query, body, canDryRun }: AnyRoute): Readonly<Record<string, JsonObject>> {
  const writes = method !== 'GET'
  const statuses = [
    ...(query !== undefined || body !== undefined || params !== undefined ? [400] : []),
    ...(permission === 'public' ? [403] : [401, 403]),
    ...(params !== undefined || path.includes(':') || path.includes('*') ? [404] : []),
    ...(writes ? [409] : []),
    ...(canDryRun === true ? [412, 422] : []),
    ...(body === undefined ? [] : [413, 415]),
    500,
    ...(writes ? [503, 507] : []),
  ]
  return Object.fromEntries(statuses.map((status) => [String(status), { $ref: `#/components/responses/${nameOf(status)}` }]))
}

function nameOf(status: number): string {
  return `Problem${status}`
}

function exampleOf(code: string): JsonObject {
  const { status, title } = PROBLEMS[code as keyof typeof PROBLEMS]
  return { type: `urn:jairouter:problem:${code}`, title, status, code, instance: '0f8fad5b-d9cb-469f-a165-70867728950e' }
}
