import type { Instance } from '@jairouter/contract/management/instances'
import type { Timeline, TIMELINE_STATES } from '@jairouter/contract/management/series'
import type { StoredEvent } from '../../history/event-row.ts'
import { isoTime } from '../../lib/iso-time.ts'
import { isObject, parseJson, stringOf, textOf, type JsonObject } from '../../lib/json.ts'

type State = (typeof TIMELINE_STATES)[number]

/** Kinds of events that change what an instance is like. */
export const TIMELINE_KINDS = ['health', 'breaker', 'credential', 'override', 'start'] as const

/** What was so of an instance at a time, each with its reason; undefined: not known. */
interface Standing {
  override?: { readonly state: State; readonly reason: string | null } | undefined
  health?: { readonly status: string; readonly reason: string | null } | undefined
  breaker?: { readonly status: string; readonly reason: string | null } | undefined
  credentialRefused?: boolean
}

export interface TimelineInput {
  /** Newest first; also those before `from`, as far as they are known. */
  readonly events: readonly StoredEvent[]
  /** As it is now; undefined where it is not in the config any more. */
  readonly instance: Pick<Instance, 'health' | 'breaker' | 'override' | 'credentialParkedUntil'> | undefined
  readonly from: number
  readonly to: number
}

/** In which states an instance was, and why. Pure. */
export function timelineOf({ events, instance, from, to }: TimelineInput): Timeline {
  const oldestFirst = events.toReversed().map((event) => ({ ...event, fields: fieldsOf(event) }))
  const standing = before(oldestFirst, instance)
  const changes: { readonly time: number; readonly state: State; readonly reason: string | null }[] = []
  for (const event of oldestFirst) {
    if (event.time >= to) break
    if (event.time > from && changes.length === 0) changes.push({ time: from, ...stateOf(standing) })
    take(standing, event)
    if (event.time > from) changes.push({ time: event.time, ...stateOf(standing) })
  }
  if (changes.length === 0) changes.push({ time: from, ...stateOf(standing) })
  const kept = changes.filter(({ state, reason, time }, index) => {
    const last = changes[index - 1]
    const next = changes[index + 1]
    // Of several changes at one time the last one holds.
    return next?.time !== time && (last === undefined || last.state !== state || last.reason !== reason || last.time === time)
  })
  return {
    intervals: kept.map(({ time, state, reason }, index) => ({
      from: isoTime(time),
      to: isoTime(kept[index + 1]?.time ?? to),
      state,
      reason,
    })),
    from: isoTime(from),
    to: isoTime(to),
  }
}

type Event = StoredEvent & { readonly fields: JsonObject }

function fieldsOf({ data }: StoredEvent): JsonObject {
  const read = parseJson(data)
  return isObject(read) ? read : {}
}

/** Before all that is known: what the first event of a kind began with; where there is none, what is so now was so all the time. */
function before(events: readonly Event[], instance: TimelineInput['instance']): Standing {
  const first = (kind: string) => events.find((event) => event.kind === kind)
  const start = first('start')
  const health = first('health')
  const breaker = first('breaker')
  const override = first('override')
  const credential = first('credential')
  // Nothing is known of the time before the gateway was started for the first time.
  if (start !== undefined && start === events[0]) return {}
  return {
    health: { status: health === undefined ? (instance?.health.status ?? 'unknown') : stringOf(health.fields['from']), reason: null },
    breaker: { status: breaker === undefined ? (instance?.breaker.state ?? 'closed') : stringOf(breaker.fields['from']), reason: null },
    override:
      override === undefined ? overrideOf(instance?.override) : override.type === 'set' ? undefined : overrideOf({ kind: 'disabled' }),
    credentialRefused: credential === undefined ? instance?.credentialParkedUntil !== undefined : credential.type === 'accepted',
  }
}

function overrideOf(override: { readonly kind: string; readonly reason?: string | undefined } | undefined): Standing['override'] {
  if (override === undefined) return undefined
  return { state: override.kind === 'draining' ? 'draining' : 'disabled', reason: override.reason ?? null }
}

function take(standing: Standing, { kind, type, fields }: Event): void {
  const reason = textOf(fields['reason']) ?? null
  switch (kind) {
    case 'health':
      standing.health = { status: type, reason }
      return
    case 'breaker':
      standing.breaker = { status: type, reason }
      return
    case 'credential':
      standing.credentialRefused = type === 'refused'
      return
    case 'override':
      standing.override =
        type === 'set' ? overrideOf({ kind: stringOf(fields['kind']), ...(reason === null ? {} : { reason }) }) : undefined
      return
    default:
      // A gateway that starts knows nothing; overrides are read again at once.
      standing.health = { status: 'unknown', reason: null }
      standing.breaker = { status: 'closed', reason: null }
      standing.credentialRefused = false
  }
}

/** The first that holds, in the order of TIMELINE_STATES. */
function stateOf({ override, health, breaker, credentialRefused = false }: Standing): {
  readonly state: State
  readonly reason: string | null
} {
  if (override !== undefined) return override
  const status = health?.status ?? 'unknown'
  if (status === 'unhealthy') return { state: 'unhealthy', reason: health?.reason ?? null }
  if (credentialRefused) return { state: 'credential-refused', reason: null }
  if (breaker?.status === 'open') return { state: 'breaker-open', reason: breaker.reason }
  if (breaker?.status === 'half-open') return { state: 'breaker-half-open', reason: breaker.reason }
  if (status === 'warming' || status === 'healthy') return { state: status, reason: health?.reason ?? null }
  return { state: 'unseen', reason: null }
}
