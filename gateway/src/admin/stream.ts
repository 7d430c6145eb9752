import { STREAM_TOPICS, streamDataSchema, streamQuerySchema, streamTopicsSchema } from '@jairouter/contract/management/stream'
import { z } from 'zod'
import { AdminProblem, defineRoute, type AnyRoute } from './route.ts'
import type { StreamDesk } from './streaming/stream-desk.ts'

export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  // nginx would keep the events back.
  'x-accel-buffering': 'no',
}

export function streamRoutes(desk: StreamDesk): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/stream',
      permission: 'overview.read',
      tag: 'Stream',
      summary: 'What happens, as it happens, in one stream of events for all topics',
      description: [
        `Topics: ${STREAM_TOPICS.join(', ')}, \`instance:ID\`, \`events?kind=health&subject=ID\` (see \`GET /events\`) and \`tail:QUERY\` (see`,
        '`GET /history/tail`); a comma in the name of a topic is written as `%2C`, encoded once more. The first event is `open` with the id of the stream. Each topic begins with a',
        '`snapshot`; every `delta` builds on what came before. `gap`: something of a topic was lost, and its snapshot follows. The ids of events are',
        'resume tokens for all topics (`Last-Event-ID`). States are looked at once a second. A session may have four streams.',
      ].join('\n'),
      query: streamQuerySchema,
      answers: { 200: { description: 'Server-sent events', schema: streamDataSchema, type: 'text/event-stream' } },
      example: { answer: { topic: 'jobs', data: [], time: '2026-10-01T09:00:00.000Z' } },
      handle({ query, actor, headers, signal }) {
        if (actor === undefined) throw new AdminProblem('not_signed_in', 'A stream belongs to a session')
        const stream = desk.open(actor, query.topics, { lastEventId: headers['last-event-id'] })
        signal.addEventListener('abort', () => stream.destroy(), { once: true })
        return { stream, headers: STREAM_HEADERS }
      },
    }),
    defineRoute({
      method: 'PUT',
      path: '/stream/:id/topics',
      permission: 'overview.read',
      tag: 'Stream',
      summary: 'Other topics for a stream that is open',
      params: z.object({ id: z.string() }),
      body: streamTopicsSchema,
      answers: { 204: { description: 'Those that are new begin with their snapshots' } },
      example: { request: { topics: ['overview', 'instance:gpu-1/Qwen/Qwen3-8B'] } },
      handle({ params, body, actor }) {
        if (actor === undefined) throw new AdminProblem('not_signed_in', 'A stream belongs to a session')
        desk.setTopics(params.id, actor, body.topics)
        return { status: 204 }
      },
    }),
  ]
}
