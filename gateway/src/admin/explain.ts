import {
  explainAgainSchema,
  explainedAgainSchema,
  explainRequestSchema,
  explanationSchema,
  traceListSchema,
  traceQuerySchema,
  traceSchema,
  type ExplainRequest,
  type Explanation,
  type Trace,
  type TraceRow,
} from '@jairouter/contract/management/explain'
import { TRACE_STATES } from '@jairouter/contract/management/reasons'
import { z } from 'zod'
import { ENDPOINT_DEFINITIONS } from '../endpoints/definitions.ts'
import type { Traces } from '../telemetry/trace-keeper.ts'
import { AdminProblem, defineRoute, type AnyRoute } from './route.ts'

export interface ExplainRouteOptions {
  /** Asks no backend, takes nothing from a limit. */
  readonly explain: (request: ExplainRequest) => Promise<Explanation>
  /** With the config of a version, by its number. Rejects with a DeskProblem where that is not there, or cannot be used. */
  readonly explainWith: (request: ExplainRequest, version: number) => Promise<Explanation>
  readonly traces: Traces
  /** Epoch milliseconds. */
  readonly wallClock: () => number
}

const TAG = 'Requests'
const idParams = z.object({ id: z.string().min(1).max(128) })

/** Why a request goes, or went, where it does. `/requests/traces` is to be looked at before `/requests/:id`. */
export function explainRoutes({ explain, explainWith, traces, wallClock }: ExplainRouteOptions): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/explain',
      permission: 'explain',
      tag: TAG,
      summary: 'What would become of a request',
      description:
        'Takes a request of any dialect and answers the whole decision: model, limits, each instance and why it would be asked or not, the ' +
        'fallback chain, and what would be rewritten, by the names of fields. No model server is asked and nothing is counted.',
      body: explainRequestSchema,
      answers: { 200: { description: 'The decision', schema: explanationSchema } },
      example: {
        request: { path: '/v1/chat/completions', key: 'ci', body: { model: 'smart', messages: [{ role: 'user', content: 'Hello' }] } },
      },
      handle: async ({ body }) => {
        if ((body.endpoint === undefined) === (body.path === undefined)) {
          const message = 'Expected exactly one of endpoint and path'
          throw new AdminProblem('invalid_request', message, { details: [{ pointer: '/path', code: 'invalid', message }] })
        }
        return { body: await explain(body) }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/requests/traces',
      permission: 'requests.read',
      tag: TAG,
      summary: 'Requests whose decision is kept, newest first',
      query: traceQuerySchema,
      answers: { 200: { description: 'Without their time lines', schema: traceListSchema } },
      handle: ({ query }) => ({ body: listOf(traces, query, wallClock()) }),
    }),
    defineRoute({
      method: 'GET',
      path: '/requests/:id',
      permission: 'requests.read',
      tag: TAG,
      summary: 'The decision of a request, with the time line of every attempt',
      params: idParams,
      answers: { 200: { description: 'Times are microseconds from its begin', schema: traceSchema } },
      handle: ({ params }) => ({ body: keptTrace(traces, params.id) }),
    }),
    defineRoute({
      method: 'POST',
      path: '/requests/:id/explain',
      permission: 'explain',
      tag: TAG,
      summary: 'What would become of that request now, or with another version of the config',
      description:
        'Goes by what is kept of it: endpoint, model, key and address. Its body is not, so sizes and rewrites are left out. A number: with that ' +
        'version of the config, before the instances as they are now. `then`: no guess, but the decision that was made.',
      params: idParams,
      body: explainAgainSchema,
      example: { request: { at: 'now' } },
      answers: { 200: { description: 'The decision; of `then` as `GET /requests/{id}` gives it', schema: explainedAgainSchema } },
      handle: async ({ params, body: { at } }) => {
        const trace = keptTrace(traces, params.id)
        if (at === 'then') return { body: trace }
        const request = requestOf(trace)
        const explanation = at === 'now' ? await explain(request) : await explainWith(request, at)
        return { body: { ...explanation, rewrites: [] } }
      },
    }),
  ]
}

function keptTrace(traces: Traces, id: string): Trace {
  const found = traces.find(id)
  if (found.state === 'kept') return found.trace
  throw new AdminProblem('not_found', `${TRACE_STATES[found.state]}.`, { params: { state: found.state } })
}

/** As much of the request as is kept; what its endpoint asks for stands empty. */
function requestOf({ endpoint, model, key, client, stream }: Trace): ExplainRequest {
  const required = ENDPOINT_DEFINITIONS.find(({ id }) => id === endpoint)?.required ?? []
  const fields = required.map(({ name, kind }) => [name, kind === 'array' ? [] : ''] as const)
  const body = { ...Object.fromEntries(fields), model: model ?? '', ...(stream ? { stream } : {}) }
  return { endpoint, headers: {}, body, address: client, ...(key === null ? {} : { key }) }
}

type Query = z.output<typeof traceQuerySchema>

function listOf(traces: Traces, { limit, cursor, sort, q, ...filter }: Query, now: number): z.output<typeof traceListSchema> {
  if (sort !== undefined && sort !== '-at') throw new AdminProblem('invalid_query', 'Traces can only be sorted by -at')
  const before = cursor === undefined ? Infinity : Number(cursor)
  if (Number.isNaN(before)) throw new AdminProblem('invalid_query', 'The cursor is none of this list')
  const items: TraceRow[] = []
  let value = 0
  let last = 0
  let more = false
  for (const { sequence, trace } of traces.newest()) {
    if (!isWanted(trace, filter) || !holds(trace, q)) continue
    value += 1
    if (sequence >= before) continue
    more = items.length === limit
    if (more) continue
    items.push(rowOf(trace))
    last = sequence
  }
  const asOf = new Date(now).toISOString()
  return { items, ...(more ? { next: String(last) } : {}), total: { value, exact: true }, asOf }
}

function isWanted(
  { why: reasons, model: name, key: principal, status: code }: Trace,
  { why, model, key, status }: Partial<Query>,
): boolean {
  if (why !== undefined && !reasons.includes(why)) return false
  if (model !== undefined && name !== model) return false
  return (key === undefined || principal === key) && (status === undefined || code === status)
}

function holds({ id, model, key, code, client }: Trace, text: string | undefined): boolean {
  if (text === undefined) return true
  const wanted = text.toLowerCase()
  return [id, model, key, code, client].some((value) => value?.toLowerCase().includes(wanted) === true)
}

function rowOf({ stages: _stages, plans: _plans, attempts, ...row }: Trace): TraceRow {
  return { ...row, attempts: attempts.length, backend: attempts.at(-1)?.backend ?? null }
}
