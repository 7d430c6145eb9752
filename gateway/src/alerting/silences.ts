import { randomUUID } from 'node:crypto'
import type { Alert } from '../alert/alert.ts'
import { actorName } from '../auth/actor.ts'
import { auditWrite, type Origin } from '../auth/audit/audit-entry.ts'
import { isoTime } from '../lib/iso-time.ts'
import { isObject } from '../lib/json.ts'
import { matchesAny } from '../lib/wildcard.ts'
import type { Store, Write } from '../store/port.ts'

const SILENCES = 'alert-silences'

/** Alerts that nobody is to be told of for a while: those that match in all of these. */
export interface Silence {
  readonly id: string
  /** `rule`, `severity`, or a label -> a pattern. */
  readonly match: Readonly<Record<string, string>>
  readonly reason: string
  readonly by: string
  /** ISO times. */
  readonly createdAt: string
  readonly until: string
}

export interface SilenceOptions {
  readonly store: Pick<Store, 'list' | 'commit'>
  /** Epoch milliseconds. */
  readonly now: () => number
}

export class Silences {
  readonly #options: SilenceOptions
  #all: readonly Silence[] = []

  constructor(options: SilenceOptions) {
    this.#options = options
  }

  /** Rejects with a StoreError. */
  async load(): Promise<void> {
    const stored = await this.#options.store.list(SILENCES)
    this.#all = stored.flatMap(({ body }) => (isSilence(body) ? [body] : []))
  }

  /** Those that have not ended. */
  current(): readonly Silence[] {
    const now = this.#options.now()
    return this.#all.filter(({ until }) => Date.parse(until) > now)
  }

  silences(alert: Alert): boolean {
    return this.current().some(({ match }) => isMatched(alert, match))
  }

  /** In force and audited when fulfilled. Rejects with a StoreError. */
  async add(
    { match, reason, forMs }: { readonly match: Silence['match']; readonly reason: string; readonly forMs: number },
    origin: Origin,
  ): Promise<Silence> {
    const { store, now } = this.#options
    const time = now()
    const silence = {
      id: `q-${randomUUID()}`,
      match,
      reason,
      by: actorName(origin.actor),
      createdAt: isoTime(time),
      until: isoTime(time + forMs),
    }
    const current = this.current()
    // Those that have ended make room.
    const ended = this.#all.filter(({ id }) => !current.some((one) => one.id === id)).map(({ id }): Write => deleted(id))
    const audit = auditWrite(origin, {
      action: 'alert.silence',
      target: `alerts/silences/${silence.id}`,
      result: 'ok',
      after: silence,
      time,
    })
    await store.commit([...ended, { kind: 'put', collection: SILENCES, id: silence.id, body: { ...silence } }, audit])
    this.#all = [...current, silence]
    return silence
  }

  /** False: there is none. */
  async remove(id: string, origin: Origin): Promise<boolean> {
    const { store, now } = this.#options
    const before = this.current().find((one) => one.id === id)
    if (before === undefined) return false
    await store.commit([
      deleted(id),
      auditWrite(origin, { action: 'alert.unsilence', target: `alerts/silences/${id}`, result: 'ok', before, time: now() }),
    ])
    this.#all = this.#all.filter((one) => one.id !== id)
    return true
  }
}

function deleted(id: string): Write {
  return { kind: 'delete', collection: SILENCES, id }
}

function isMatched({ rule, labels }: Alert, match: Silence['match']): boolean {
  const values: Readonly<Record<string, string>> = { ...labels, rule: rule.name, severity: rule.severity }
  return Object.entries(match).every(([name, pattern]) => matchesAny([pattern], values[name] ?? ''))
}

function isSilence(body: unknown): body is Silence {
  if (!isObject(body) || !isObject(body['match'])) return false
  const texts = [body['id'], body['reason'], body['by'], body['createdAt'], body['until'], ...Object.values(body['match'])]
  return texts.every((text) => typeof text === 'string')
}
