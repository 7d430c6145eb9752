import {
  FAILURE_EXAMPLE,
  failureListQuerySchema,
  failureListSchema,
  failureSchema,
  muteFailureSchema,
  type ShownFailure,
} from '@jairouter/contract/management/alerts'
import { seriesSchema } from '@jairouter/contract/management/history'
import { z } from 'zod'
import type { Failure } from '../failures/failure-index.ts'
import type { FailureDesk } from '../failures/failure-desk.ts'
import { isoTime } from '../lib/iso-time.ts'
import type { FailureFeed } from '../telemetry/failure-feed.ts'
import { listPage, type ListShape } from './list-page.ts'
import { AdminProblem, defineRoute, type AnyRoute } from './route.ts'

export interface FailurePorts {
  /** Loaded when it is asked for. */
  readonly failures: () => Promise<FailureDesk>
  readonly feed: Pick<FailureFeed, 'missed'>
  /** Epoch milliseconds. */
  readonly now: () => number
}

const tag = 'Failures'
const params = z.object({ id: z.string().min(1).max(100) })
const RATE_MS = 300_000

const FIELDS: ListShape<ShownFailure>['fields'] = {
  id: ({ id }) => id,
  service: ({ service }) => service,
  model: ({ model }) => model,
  backend: ({ backend }) => backend,
  status: ({ status }) => status,
  code: ({ code }) => code,
  class: (failure) => failure.class,
  message: ({ message }) => message,
  hidden: ({ hidden }) => hidden,
  muted: ({ mute }) => mute !== null,
  count: ({ count }) => count,
  perMinute: ({ perMinute }) => perMinute,
  firstSeen: ({ firstSeen }) => firstSeen,
  lastSeen: ({ lastSeen }) => lastSeen,
}

/** Failures that have the same cause, as far as can be told, together. */
export function failureRoutes(ports: FailurePorts): readonly AnyRoute[] {
  return [...readingRoutes(ports), ...mutingRoutes(ports)]
}

function readingRoutes({ failures, feed, now }: FailurePorts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/failures',
      permission: 'requests.read',
      tag,
      summary: 'Failures by fingerprint: what is alike in service, model, backend, status, code and message',
      description:
        'The last 500 different ones, in memory; at the start those of the last day are read from the history. Sorted by `count`, `perMinute`, `firstSeen`, `lastSeen` or any other field. Clients that left are none.',
      query: failureListQuerySchema,
      answers: { 200: { description: 'Failures, the last seen first', schema: failureListSchema } },
      example: { answer: { items: [FAILURE_EXAMPLE], total: { value: 1, exact: true }, asOf: '2026-10-01T09:02:00.000Z' } },
      async handle({ query }) {
        const desk = await failures()
        const items = desk.all().map((failure) => shownFailure(failure, desk))
        const page = listPage(items, query, { fields: FIELDS, id: ({ id }) => id, sort: '-lastSeen', now: now() })
        const missed = feed.missed
        return { body: missed === 0 ? page : { ...page, partial: { reason: `${missed} failed requests came too fast to be grouped` } } }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/failures/:id',
      permission: 'requests.read',
      tag,
      summary: 'A failure, with its last hour by minutes',
      description: 'Its `examples` are ids for `GET /admin/api/history/ID` and `GET /admin/api/requests/ID`.',
      params,
      answers: { 200: { description: 'The failure', schema: failureSchema.extend({ series: seriesSchema }) } },
      example: {
        answer: {
          ...FAILURE_EXAMPLE,
          series: { t: [1_790_000_000], lines: [{ key: 'failures', unit: 'failures', v: [3] }], openFrom: 1_790_000_000 },
        },
      },
      async handle({ params: { id } }) {
        const desk = await failures()
        return { body: { ...shownFailure(found(desk, id), desk), series: desk.series(id) } }
      },
    }),
  ]
}

function mutingRoutes({ failures }: FailurePorts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/failures/:id/mute',
      permission: 'alerts.write',
      tag,
      summary: 'No alert for this failure any more, or for a while (`for`)',
      params,
      body: muteFailureSchema,
      answers: { 200: { description: 'The failure', schema: failureSchema } },
      example: { request: { reason: 'Known; fixed with the next release', for: '72h' }, answer: FAILURE_EXAMPLE },
      async handle({ params: { id }, body, origin }) {
        const desk = await failures()
        const failure = found(desk, id)
        await desk.mute(id, { reason: body.reason, forMs: body.for }, origin)
        return { body: shownFailure(failure, desk) }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/failures/:id/unmute',
      permission: 'alerts.write',
      tag,
      summary: 'Alerts for this failure again',
      params,
      answers: { 204: { description: 'It is not muted' } },
      async handle({ params: { id }, origin }) {
        const desk = await failures()
        if (desk.muteOf(id) === undefined) throw new AdminProblem('not_found', 'There is no such failure that is muted')
        await desk.unmute(id, origin)
        return { status: 204 }
      },
    }),
  ]
}

function found(desk: FailureDesk, id: string): Failure {
  const failure = desk.get(id)
  if (failure === undefined) throw new AdminProblem('not_found', 'There is no such failure, or it was not seen for long')
  return failure
}

function shownFailure(failure: Failure, desk: FailureDesk): ShownFailure {
  const mute = desk.muteOf(failure.id)
  return {
    ...failure,
    firstSeen: isoTime(failure.firstSeen),
    lastSeen: isoTime(failure.lastSeen),
    examples: [...failure.examples],
    perMinute: Math.round(desk.rate(failure.id, RATE_MS) * 100) / 100,
    mute: mute === undefined ? null : { by: mute.by, since: mute.since, until: mute.until ?? null, reason: mute.reason },
  }
}
