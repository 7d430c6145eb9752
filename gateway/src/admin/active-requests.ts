import { activeRequestQuerySchema, activeRequestSchema, type ActiveRequest } from '@jairouter/contract/management/active-requests'
import { listAnswerSchema } from '@jairouter/contract/management/list'
import { z } from 'zod'
import { actorName } from '../auth/actor.ts'
import { auditWrite } from '../auth/audit/audit-entry.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { isoTime } from '../lib/iso-time.ts'
import type { Store } from '../store/port.ts'
import { phaseOf } from '../telemetry/active-requests.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import { listPage } from './list-page.ts'
import { AdminProblem, defineRoute, type AnyRoute } from './route.ts'

/** A request that is being answered; those to the management API have no record. */
export interface OpenRequest {
  readonly record?: RequestRecord | undefined
  readonly cancel: AbortController
}

export interface ActiveRequestPorts {
  readonly open: () => Iterable<OpenRequest>
  readonly store: Pick<Store, 'commit'>
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Milliseconds, as records were begun by. */
  readonly monotonic: () => number
}

const EXAMPLE: ActiveRequest = {
  id: '6f1e0e5c-55a3-4f2e-9d1c-0a3b8a9f6b1d',
  since: '2026-10-01T09:00:00.000Z',
  ageMs: 1_250,
  phase: 'first-token',
  endpoint: 'chat',
  model: 'smart',
  key: 'ci',
  client: '10.1.2.3',
  instance: 'gpu-1/Qwen3-8B',
  attempt: 1,
  stream: true,
}

const FIELDS = {
  id: ({ id }: ActiveRequest) => id,
  ageMs: ({ ageMs }: ActiveRequest) => ageMs,
  phase: ({ phase }: ActiveRequest) => phase,
  model: ({ model }: ActiveRequest) => model ?? undefined,
  key: ({ key }: ActiveRequest) => key ?? undefined,
  client: ({ client }: ActiveRequest) => client,
  instance: ({ instance }: ActiveRequest) => instance ?? undefined,
  attempt: ({ attempt }: ActiveRequest) => attempt,
}

const TAG = 'Requests'

/** Requests that are being answered, and the way to end one. */
export function activeRequestRoutes({ open, store, now, monotonic }: ActiveRequestPorts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/requests/active',
      permission: 'requests.read',
      tag: TAG,
      summary: 'Requests that are being answered now, the oldest first',
      query: activeRequestQuerySchema,
      answers: { 200: { description: 'As they are at this moment', schema: listAnswerSchema(activeRequestSchema) } },
      example: { answer: { items: [EXAMPLE], total: { value: 1, exact: true }, asOf: '2026-10-01T09:00:01.250Z' } },
      handle: ({ query }) => {
        const at = { now: now(), monotonic: monotonic() }
        const items = [...open()].flatMap(({ record }) => (record === undefined ? [] : [viewOf(record, at)]))
        return { body: listPage(items, query, { fields: FIELDS, id: ({ id }) => id, sort: '-ageMs', now: at.now }) }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/requests/:id/abort',
      permission: 'requests.abort',
      tag: TAG,
      summary: 'Ends a request that is being answered',
      description: 'Its client is told so (`aborted_by_operator`), the call to the model server is ended, and the audit says who did it.',
      params: z.object({ id: z.string().min(1).max(128) }),
      answers: { 200: { description: 'How many there were of that id', schema: z.object({ aborted: z.int() }) } },
      example: { answer: { aborted: 1 } },
      async handle({ params: { id }, origin }) {
        const meant = [...open()].filter(({ record }) => record?.id === id)
        if (meant.length === 0) throw new AdminProblem('not_found', 'No request of that id is being answered')
        const after = { requests: meant.length, models: meant.map(({ record }) => record?.model ?? null) }
        await store.commit([auditWrite(origin, { action: 'request.abort', target: `requests/${id}`, result: 'ok', after, time: now() })])
        const reason = new GatewayError('aborted_by_operator', 'The request was ended by an operator of the gateway', {
          cause: new Error(`ended by ${actorName(origin.actor)}`),
        })
        for (const { cancel } of meant) cancel.abort(reason)
        return { body: { aborted: meant.length } }
      },
    }),
  ]
}

function viewOf(record: RequestRecord, at: { readonly now: number; readonly monotonic: number }): ActiveRequest {
  const ageMs = Math.max(0, Math.round(at.monotonic - record.startedAt))
  const { id, endpoint, model = null, principal = null, address, attempts, stream } = record
  return {
    id,
    since: isoTime(at.now - ageMs),
    ageMs,
    phase: phaseOf(record),
    endpoint,
    model,
    key: principal,
    client: address,
    instance: attempts.at(-1)?.instance ?? null,
    attempt: attempts.length,
    stream,
  }
}
