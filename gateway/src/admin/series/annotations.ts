import { ANNOTATIONS_EXAMPLE, annotationsQuerySchema, annotationsSchema, type Annotation } from '@jairouter/contract/management/series'
import { EVENT_SEVERITIES, type EventKind } from '@jairouter/contract/management/event-names'
import type { StoredEvent } from '../../history/event-row.ts'
import { isoTime } from '../../lib/iso-time.ts'
import { parseJson } from '../../lib/json.ts'
import type { ConfigDesk } from '../../versions/config-desk.ts'
import { invalidQuery } from '../invalid-query.ts'
import { defineRoute, type AnyRoute } from '../route.ts'
import type { SeriesHistory } from './groups.ts'

export interface AnnotationPorts {
  readonly history: SeriesHistory
  readonly desk: Pick<ConfigDesk, 'list'>
  /** Epoch milliseconds. */
  readonly now: () => number
}

const HOUR_MS = 3_600_000
const VERSIONS_AT_A_TIME = 200
/** What one wants to see beside a chart; of the config the versions are told. */
const KINDS: readonly EventKind[] = ['health', 'breaker', 'credential', 'overload', 'override', 'alert', 'start']

/** What explains a bend in a chart. */
export function annotationRoutes({ history, desk, now }: AnnotationPorts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/annotations',
      permission: 'overview.read',
      tag: 'Statistics',
      summary: 'Config versions, health, breakers, overload, overrides, alerts and starts in a time, for charts',
      description: 'The last hour where no time is said; the newest, oldest first. With several gateways over one store those of all.',
      query: annotationsQuerySchema,
      answers: { 200: { description: 'What happened', schema: annotationsSchema } },
      example: { answer: ANNOTATIONS_EXAMPLE },
      async handle({ query }) {
        const to = query.to === undefined ? now() + 1 : Date.parse(query.to)
        const from = query.from === undefined ? to - HOUR_MS : Date.parse(query.from)
        if (!(to > from)) throw invalidQuery('to', 'Expected a time after from')
        const events = await history.events({ kinds: KINDS, from, to, limit: query.limit })
        const versions = await versionsIn(desk, { from, to, limit: query.limit })
        const items = [...events.map(annotationOf), ...versions].toSorted((a, b) => (a.time < b.time ? -1 : 1)).slice(-query.limit)
        return { body: { items, from: isoTime(from), to: isoTime(to) } }
      },
    }),
  ]
}

function annotationOf({ time, kind, type, severity, subject, data }: StoredEvent): Annotation {
  return {
    time: isoTime(time),
    // Written by this or an earlier version.
    kind: kind as EventKind,
    type,
    severity: EVENT_SEVERITIES.find((known) => known === severity) ?? 'info',
    subject,
    data: parseJson(data),
  }
}

async function versionsIn(
  desk: Pick<ConfigDesk, 'list'>,
  { from, to, limit }: { readonly from: number; readonly to: number; readonly limit: number },
): Promise<readonly Annotation[]> {
  const found: Annotation[] = []
  let before: number | undefined
  do {
    const page = await desk.list({ limit: VERSIONS_AT_A_TIME, ...(before === undefined ? {} : { before }) })
    for (const { number, time, author, origin, message } of page) {
      const at = Date.parse(time)
      if (at < from || found.length === limit) return found
      if (at >= to) continue
      const data = { version: number, author, origin, message }
      found.push({ time: isoTime(at), kind: 'config', type: 'version', severity: 'info', subject: String(number), data })
    }
    before = page.length < VERSIONS_AT_A_TIME ? undefined : page.at(-1)?.number
  } while (before !== undefined)
  return found
}
