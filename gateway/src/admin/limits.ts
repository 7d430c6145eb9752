import { LIMIT_EXAMPLE, limitQuerySchema, liveLimitSchema, type LiveLimit } from '@jairouter/contract/management/limits'
import { listAnswerSchema } from '@jairouter/contract/management/list'
import { listPage } from './list-page.ts'
import type { LivePort } from './live-port.ts'
import { defineRoute, type AnyRoute } from './route.ts'

export interface LimitPorts {
  readonly live: Pick<LivePort, 'limits'>
  /** Epoch milliseconds. */
  readonly now: () => number
}

const FIELDS = {
  id: ({ id }: LiveLimit) => id,
  place: ({ place }: LiveLimit) => place,
  by: ({ by }: LiveLimit) => by,
  count: ({ count }: LiveLimit) => count,
  algorithm: ({ algorithm }: LiveLimit) => algorithm,
  remaining: ({ remaining }: LiveLimit) => remaining,
  left: ({ remaining, limit }: LiveLimit) => remaining / limit,
  subjects: ({ subjects }: LiveLimit) => subjects,
}

export function limitRoutes({ live, now }: LimitPorts): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/limits',
      permission: 'limits.read',
      tag: 'Limits',
      summary: 'What is left of each limit just now',
      description:
        'Of those that count clients or keys apart the tightest are named; `sort=left` has those first that have the smallest share left.',
      query: limitQuerySchema,
      answers: { 200: { description: 'Limits of the config in force', schema: listAnswerSchema(liveLimitSchema) } },
      example: { answer: { items: [LIMIT_EXAMPLE], total: { value: 1, exact: true }, asOf: '2026-10-01T09:00:01.000Z' } },
      handle: ({ query: { top, ...query } }) => ({
        body: listPage(live.limits(top), query, { fields: FIELDS, id: ({ id }) => id, sort: 'id', now: now() }),
      }),
    }),
  ]
}
