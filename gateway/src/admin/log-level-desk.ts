import type { LogLevel } from '@jairouter/contract/log'
import type { ShownLogLevel } from '@jairouter/contract/management/log-level'
import { actorName } from '../auth/actor.ts'
import { auditWrite, type AuditAction, type Origin } from '../auth/audit/audit-entry.ts'
import { isoTime } from '../lib/iso-time.ts'
import type { Store } from '../store/port.ts'
import type { EventBus } from '../telemetry/event-bus.ts'

export interface LogLevelDeskOptions {
  readonly log: { level: string }
  /** As the config in force says. */
  readonly configured: () => LogLevel
  readonly store: Pick<Store, 'commit'>
  readonly events: EventBus
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Calls back once; returns the way not to. */
  readonly after: (milliseconds: number, callback: () => void) => () => void
  /** What could not be put into the audit in the background. */
  readonly onError: (error: unknown) => void
}

interface LevelOverride {
  readonly level: LogLevel
  readonly by: string
  readonly since: number
  readonly until: number
}

/** Another level of the log for a while: of this process, and gone with it. */
export class LogLevelDesk {
  readonly #options: LogLevelDeskOptions
  #override: LevelOverride | undefined
  #cancelEnd = () => {}
  readonly #stopFollowing: () => void

  constructor(options: LogLevelDeskOptions) {
    this.#options = options
    // Whatever puts a config in force sets the level that it says.
    this.#stopFollowing = options.events.subscribe(({ topic, type }) => {
      if (topic === 'config' && type === 'in-force' && this.#override !== undefined) options.log.level = this.#override.level
    })
  }

  shown(): ShownLogLevel {
    const configured = this.#options.configured()
    if (this.#override === undefined) return { level: configured, configured }
    const { level, by, since, until } = this.#override
    return { level, configured, override: { level, by, since: isoTime(since), until: isoTime(until) } }
  }

  /** Audited and in force when fulfilled; nothing has changed when rejected with a StoreError. */
  async set(level: LogLevel, forMs: number, origin: Origin): Promise<void> {
    const { now, log, after } = this.#options
    const since = now()
    const next = { level, by: actorName(origin.actor), since, until: since + forMs }
    await this.#audit(origin, 'log.override', { after: { level, until: isoTime(next.until) } })
    this.#cancelEnd()
    this.#override = next
    log.level = level
    this.#cancelEnd = after(forMs, () => this.#expire())
  }

  /** Without effect where there is none. */
  async clear(origin: Origin): Promise<void> {
    if (this.#override === undefined) return
    await this.#audit(origin, 'log.override-cleared', { before: { level: this.#override.level } })
    this.#end()
  }

  close(): void {
    this.#cancelEnd()
    this.#stopFollowing()
  }

  #expire(): void {
    this.#audit({ actor: { kind: 'system' } }, 'log.override-expired', {}).catch(this.#options.onError)
    this.#end()
  }

  #end(): void {
    this.#cancelEnd()
    this.#override = undefined
    this.#options.log.level = this.#options.configured()
  }

  async #audit(origin: Origin, action: string, change: Pick<AuditAction, 'before' | 'after'>): Promise<void> {
    const { store, now } = this.#options
    await store.commit([auditWrite(origin, { action, target: 'log/level', result: 'ok', ...change, time: now() })])
  }
}
