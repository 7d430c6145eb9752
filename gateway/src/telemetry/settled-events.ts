import type { EventBus } from './event-bus.ts'
import type { RequestRecord } from './request-record.ts'
import { ToldTogether } from './told-together.ts'

export interface SettledEventsOptions {
  readonly events: Pick<EventBus, 'publish' | 'publishSample' | 'wantsSamples'>
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/** Refusals of the same key (without one: address), model and code are told of once in this time. */
const LIMIT_INTERVAL_MS = 10_000
/** Who is refused is kept apart up to here. */
const MOST_REFUSED = 2_000
/** Decisions that are told in a second. */
const DECISIONS_PER_SECOND = 10

interface Refused {
  readonly code: string
  readonly key: string
  readonly address: string
  readonly model: string
  /** So many since it was told of last. */
  readonly requests: number
  /** Of the last of them. */
  readonly requestId: string
}

/** What is to be told on the bus of requests that are over: refusals by limits at a bounded rate, and decisions of a sample, while anybody wants it. */
export function settledEvents({ events, now }: SettledEventsOptions): (record: RequestRecord) => void {
  const refused = new ToldTogether<Refused>({
    tell: (facts) => events.publish('limits', 'refused', facts),
    intervalMs: LIMIT_INTERVAL_MS,
    now,
    most: MOST_REFUSED,
  })
  let second = -1
  let told = 0
  let passed = 0
  return (record) => {
    if (record.status === 429) noteRefused(refused, record)
    if (!events.wantsSamples) return
    const current = Math.floor(now() / 1_000)
    if (current !== second) {
      second = current
      told = 0
    }
    passed += 1
    if (told >= DECISIONS_PER_SECOND) return
    told += 1
    events.publishSample('decisions', 'decided', decisionOf(record, passed))
    passed = 0
  }
}

function noteRefused(refused: ToldTogether<Refused>, { id, code = '', principal = '', address, model = '' }: RequestRecord): void {
  refused.add(JSON.stringify([principal === '' ? address : principal, model, code]), (before) => ({
    code,
    key: principal,
    address,
    model,
    requests: 1 + (before?.requests ?? 0),
    requestId: id,
  }))
}

/** Where a request went. `of`: so many requests it stands for. */
function decisionOf(record: RequestRecord, of: number): object {
  const { id, endpoint, model = '', principal = '', attempts, status, code, cache, fallback, experiment, plans } = record
  return {
    request: id,
    of,
    endpoint,
    model,
    key: principal,
    instance: attempts.at(-1)?.instance ?? '',
    attempts: attempts.map(({ instance, why, outcome, durationMs }) => ({ instance, why, outcome, ms: Math.round(durationMs) })),
    // How the instances stood, of choices that were worth a note.
    candidates: plans?.at(-1)?.candidates ?? [],
    status,
    ...(code === undefined ? {} : { code }),
    ...(cache === undefined ? {} : { cache }),
    ...(fallback === undefined ? {} : { fallback }),
    ...(experiment === undefined ? {} : { experiment }),
  }
}
