import type { Readable } from 'node:stream'
import { EVENT_KINDS, EVENT_SEVERITIES } from '@jairouter/contract/management/event-names'
import { EVENT_EXAMPLE, eventQuerySchema, eventSchema, type GatewayEvent } from '@jairouter/contract/management/events'
import { listAnswerSchema } from '@jairouter/contract/management/list'
import type { z } from 'zod'
import type { Actor } from '../auth/actor.ts'
import { isObject, stringOf } from '../lib/json.ts'
import type { EventBus } from '../telemetry/event-bus.ts'
import { eventView } from '../telemetry/event-view.ts'
import { listPage } from './list-page.ts'
import { invalidQuery } from './invalid-query.ts'
import { AdminProblem, defineRoute, type AnyRoute } from './route.ts'
import { STREAM_HEADERS } from './stream.ts'
import { eventsTopicName } from './streaming/events-topic.ts'
import type { StreamDesk } from './streaming/stream-desk.ts'
import { plainFormat } from './streaming/stream-format.ts'

export interface EventPorts {
  readonly events: EventBus
  readonly streams: Pick<StreamDesk, 'open' | 'token' | 'sequenceOf'>
  /** Epoch milliseconds. */
  readonly now: () => number
}

type EventQuery = z.output<typeof eventQuerySchema>

const FIELDS = {
  sequence: ({ sequence }: GatewayEvent) => sequence,
  kind: ({ kind }: GatewayEvent) => kind,
  type: ({ type }: GatewayEvent) => type,
  severity: ({ severity }: GatewayEvent) => severity,
  subject: ({ subject }: GatewayEvent) => subject,
}

/** Parameters of the list that mean nothing to a stream. */
const OF_LISTS = ['cursor', 'sort', 'q'] as const

const FORMAT = plainFormat((data) => (isObject(data) ? stringOf(data['kind']) : 'other'))

/** What happened to the gateway, and what happens. */
export function eventRoutes(ports: EventPorts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/events',
      permission: 'overview.read',
      tag: 'Events',
      summary: 'What happened to the gateway, the newest first, or as it happens',
      description: [
        `Kinds: ${Object.keys(EVENT_KINDS).join(', ')}. Severities: ${EVENT_SEVERITIES.join(', ')}.`,
        'A list of the last 1,000 events of this process. With `accept: text/event-stream` a stream: the name of each event is its kind, its id a',
        'resume token (`Last-Event-ID`, or `since`); `gap` says that something was lost, `end` is the last, with the reason. Decisions are sampled (10 a',
        'second at most; `of`: how many each stands for), and only while a stream asks for them.',
      ].join('\n'),
      query: eventQuerySchema,
      answers: { 200: { description: 'Events', schema: listAnswerSchema(eventSchema), streamed: eventSchema } },
      example: { answer: { items: [EVENT_EXAMPLE], total: { value: 1, exact: true }, asOf: '2026-10-01T09:00:01.000Z' } },
      handle({ query, actor, headers, signal }) {
        check(query)
        if (!(headers['accept'] ?? '').includes('text/event-stream')) return { body: listOf(query, ports) }
        const stream = streamOf(query, { ports, actor, lastEventId: headers['last-event-id'] })
        signal.addEventListener('abort', () => stream.destroy(), { once: true })
        return { stream, headers: STREAM_HEADERS }
      },
    }),
  ]
}

function check({ kind, severity }: EventQuery): void {
  const lists: readonly (readonly [name: string, given: string | undefined, known: readonly string[]])[] = [
    ['kind', kind, Object.keys(EVENT_KINDS)],
    ['severity', severity, EVENT_SEVERITIES],
  ]
  for (const [name, given, known] of lists) {
    const unknown = given?.split(',').find((value) => !known.includes(value))
    if (unknown !== undefined) throw invalidQuery(name, `There is no ${name} "${unknown}"; there are ${known.join(', ')}`)
  }
}

function listOf({ since, ...query }: EventQuery, { events, streams, now }: EventPorts): unknown {
  const isMeant = since === undefined ? () => true : sinceFilter(since, streams)
  const items = events
    .kept()
    .filter(isMeant)
    .map((event) => eventView(event, streams.token))
  return listPage(items, query, { fields: FIELDS, id: ({ id }) => id, sort: '-sequence', now: now() })
}

function sinceFilter(
  since: string,
  streams: EventPorts['streams'],
): (event: { readonly sequence: number; readonly time: number }) => boolean {
  const sequence = streams.sequenceOf(since)
  if (sequence !== undefined) return (event) => event.sequence > sequence
  const time = Date.parse(since)
  if (Number.isNaN(time)) throw invalidQuery('since', 'Expected a time, or the id of an event of this process')
  return (event) => event.time > time
}

interface Asked {
  readonly ports: EventPorts
  readonly actor: Actor | undefined
  readonly lastEventId: string | undefined
}

function streamOf(query: EventQuery, { ports, actor, lastEventId }: Asked): Readable {
  if (actor === undefined) throw new AdminProblem('not_signed_in', 'A stream belongs to a session')
  const surplus = OF_LISTS.find((name) => query[name] !== undefined)
  if (surplus !== undefined) throw invalidQuery(surplus, 'Is for the list; a stream takes kind, severity, subject and since')
  const { kind, severity, subject, since } = query
  // Also one that is of no process any more: it is answered by `gap`.
  return ports.streams.open(actor, [eventsTopicName({ kind, severity, subject })], { lastEventId: lastEventId ?? since, format: FORMAT })
}
