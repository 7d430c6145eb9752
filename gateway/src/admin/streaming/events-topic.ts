import type { GatewayEvent } from '@jairouter/contract/management/events'
import type { BusEvent } from '../../telemetry/event-bus.ts'
import { eventView } from '../../telemetry/event-view.ts'
import type { Topic } from './topic.ts'

const NAME = 'events'
/** Of the snapshot that one begins with. */
const SHOWN = 50
const FILTERS = ['kind', 'severity', 'subject'] as const

type Filters = { readonly [Name in (typeof FILTERS)[number]]?: string | undefined }

export interface EventsTopicPorts {
  readonly kept: () => readonly BusEvent[]
  readonly token: (sequence: number) => string
}

/** `events`, or `events?kind=health,breaker&subject=gpu-1`: values with commas between them. */
export function eventsTopicName(filters: Filters): string {
  const given = FILTERS.flatMap((name) => (filters[name] === undefined ? [] : [[name, filters[name]] as [string, string]]))
  return given.length === 0 ? NAME : `${NAME}?${new URLSearchParams(given).toString()}`
}

/** Undefined where the name is none of these. */
export function eventsTopic(name: string, { kept, token }: EventsTopicPorts): Topic | undefined {
  if (name !== NAME && !name.startsWith(`${NAME}?`)) return undefined
  const given = new Map(new URLSearchParams(name.slice(NAME.length + 1)))
  if ([...given.keys()].some((key) => !FILTERS.some((known) => known === key))) return undefined
  const wanted = new Map([...given].map(([key, values]) => [key, new Set(values.split(','))]))
  const isMeant = (view: GatewayEvent) => FILTERS.every((key) => wanted.get(key)?.has(view[key]) ?? true)
  const select = (event: BusEvent) => {
    const view = eventView(event, token)
    return isMeant(view) ? view : undefined
  }
  return {
    permission: 'overview.read',
    snapshot: () => ({
      items: kept()
        .flatMap((event) => select(event) ?? [])
        .slice(-SHOWN),
    }),
    select,
    wantsSamples: wanted.get('kind')?.has('decision') ?? true,
  }
}
