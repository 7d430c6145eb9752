import { tailMessageSchema, TAIL_EXAMPLE, tailQuerySchema } from '@jairouter/contract/management/history'
import { isAllowed } from '@jairouter/contract/management/roles'
import { AdminProblem, defineRoute, type AnyRoute } from './route.ts'
import { STREAM_HEADERS } from './stream.ts'
import type { StreamDesk } from './streaming/stream-desk.ts'
import { plainFormat } from './streaming/stream-format.ts'
import { tailTopicName } from './streaming/tail-topic.ts'

const FORMAT = plainFormat(() => 'rows')

/** Requests as they come and go. */
export function historyTailRoutes(streams: Pick<StreamDesk, 'open'>): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/history/tail',
      permission: 'usage.own',
      tag: 'History',
      summary: 'Requests as they are let in and as they end, in a stream of events',
      description: [
        '`q` as for `GET /history`. Once a second, if there is something, an event `rows`: up to 50 rows, the newest of those that matched since the last',
        'one (`matched` = `shown` + `dropped`). A request that is still going on is told once, as `running`, with what is known of it by then, and',
        'again when it is over, as `settled`, under the same id. Developers see their own requests, without the texts of errors.',
      ].join('\n'),
      query: tailQuerySchema,
      answers: { 200: { description: 'Server-sent events', schema: tailMessageSchema, type: 'text/event-stream' } },
      example: { answer: TAIL_EXAMPLE },
      handle({ query: { q }, actor, signal }) {
        if (actor === undefined) throw new AdminProblem('not_signed_in', 'A stream belongs to a session')
        const seesAll = actor.kind !== 'user' || isAllowed(actor.role, 'requests.read')
        const stream = streams.open(actor, [tailTopicName(q, seesAll ? undefined : actor.name)], { format: FORMAT })
        signal.addEventListener('abort', () => stream.destroy(), { once: true })
        return { stream, headers: STREAM_HEADERS }
      },
    }),
  ]
}
