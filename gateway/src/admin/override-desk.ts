import type { Instance, Override } from '@jairouter/contract/management/instances'
import { actorName } from '../auth/actor.ts'
import { auditWrite, type Origin } from '../auth/audit/audit-entry.ts'
import type { Store, Stored, Write } from '../store/port.ts'
import type { EventBus } from '../telemetry/event-bus.ts'
import { isoTime } from '../lib/iso-time.ts'
import type { LivePort } from './live-port.ts'

const COLLECTION = 'overrides'
/** Timers hold no longer time. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export interface OverrideDeskOptions {
  readonly store: Store
  readonly live: Pick<LivePort, 'override'>
  readonly events: EventBus
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Calls back once, about then; returns the way not to. */
  readonly after: (milliseconds: number, callback: () => void) => () => void
  /** What could not be read or forgotten in the background. */
  readonly onError: (error: unknown) => void
}

export interface OverrideRequest {
  readonly kind: 'disabled' | 'draining'
  /** Milliseconds; undefined: until it is taken back. */
  readonly forMs: number | undefined
  readonly reason: string | undefined
  readonly origin: Origin
}

/** What operators said of instances at run time: in force at once, kept in the store, and gone when its time is over. */
export class OverrideDesk {
  readonly #options: OverrideDeskOptions
  #held: ReadonlyMap<string, Override> = new Map()
  #cancelExpiry = () => {}
  #stopFollowing = () => {}
  #closed = false
  #turn: Promise<undefined> = Promise.resolve(undefined)

  constructor(options: OverrideDeskOptions) {
    this.#options = options
  }

  /** Puts in force what the store has, and follows it when another process writes. Rejects with a StoreError. */
  async load(): Promise<void> {
    this.#stopFollowing()
    this.#stopFollowing = this.#options.store.onChange(() => {
      this.#read().catch(this.#options.onError)
    })
    await this.#read()
  }

  of(id: string): Override | undefined {
    return this.#held.get(id)
  }

  /** Of each instance; also of those that the config in force does not have. */
  all(): ReadonlyMap<string, Override> {
    return this.#held
  }

  /** Stored, audited and in force when fulfilled; nothing has changed when rejected with a StoreError. */
  async set(id: string, { kind, forMs, reason, origin }: OverrideRequest): Promise<Override> {
    const since = this.#options.now()
    const override: Override = {
      kind,
      by: actorName(origin.actor),
      since: isoTime(since),
      ...(forMs === undefined ? {} : { until: isoTime(since + forMs) }),
      ...(reason === undefined ? {} : { reason }),
    }
    await this.#inTurn(() => this.#write(id, override, origin))
    return override
  }

  /** False where there was none. */
  clear(id: string, origin: Origin): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!this.#held.has(id)) return false
      await this.#write(id, undefined, origin)
      return true
    })
  }

  close(): void {
    this.#closed = true
    this.#cancelExpiry()
    this.#stopFollowing()
  }

  /** One after the other: what was read before a write must not be taken for what holds after it. */
  #inTurn<Value>(task: () => Promise<Value>): Promise<Value> {
    const done = this.#turn.then(task)
    this.#turn = done.then(
      () => undefined,
      () => undefined,
    )
    return done
  }

  #read(): Promise<void> {
    return this.#inTurn(() => this.#readNow())
  }

  async #readNow(): Promise<void> {
    const stored = await this.#options.store.list(COLLECTION)
    const current = stored.map((each) => [each.id, overrideFrom(each)] as const)
    if (!this.#closed) this.#adopt(new Map(current.filter(([, override]) => !isOver(override, this.#options.now()))))
  }

  async #write(id: string, override: Override | undefined, origin: Origin): Promise<void> {
    const before = this.#held.get(id)
    const change: Write =
      override === undefined
        ? { kind: 'delete', collection: COLLECTION, id }
        : { kind: 'put', collection: COLLECTION, id, body: { ...override } }
    const action = override === undefined ? 'enable' : override.kind === 'disabled' ? 'disable' : 'drain'
    const audit = auditWrite(origin, {
      action: `instance.${action}`,
      target: `instances/${id}`,
      result: 'ok',
      ...(before === undefined ? {} : { before }),
      ...(override === undefined ? {} : { after: override }),
      time: this.#options.now(),
    })
    await this.#options.store.commit([change, audit])
    const next = new Map(this.#held)
    if (override === undefined) next.delete(id)
    else next.set(id, override)
    this.#adopt(next)
  }

  #adopt(next: ReadonlyMap<string, Override>): void {
    const { live, events } = this.#options
    const before = this.#held
    this.#held = next
    for (const [id, override] of next) {
      if (JSON.stringify(before.get(id)) === JSON.stringify(override)) continue
      const until = override.until === undefined ? undefined : Date.parse(override.until)
      live.override(id, { kind: override.kind, until })
      events.publish('overrides', 'set', { instance: id, ...override })
    }
    for (const id of before.keys()) {
      if (next.has(id)) continue
      live.override(id, undefined)
      events.publish('overrides', 'cleared', { instance: id })
    }
    this.#expectExpiry()
  }

  /** The data plane knows the time by itself; this is for what is shown, and what is stored. */
  #expectExpiry(): void {
    const { now, after } = this.#options
    this.#cancelExpiry()
    this.#cancelExpiry = () => {}
    const times = [...this.#held.values()].flatMap(({ until }) => (until === undefined ? [] : [Date.parse(until)]))
    if (this.#closed || times.length === 0) return
    const waitMs = Math.min(LONGEST_TIMER_MS, Math.max(0, Math.min(...times) - now()))
    this.#cancelExpiry = after(waitMs, () => this.#expire())
  }

  #expire(): void {
    const { store, now, onError } = this.#options
    const over = [...this.#held].filter(([, override]) => isOver(override, now())).map(([id]) => id)
    this.#adopt(new Map([...this.#held].filter(([id]) => !over.includes(id))))
    if (over.length === 0) return
    const writes = over.flatMap((id): Write[] => [
      { kind: 'delete', collection: COLLECTION, id },
      auditWrite(
        { actor: { kind: 'system' } },
        { action: 'instance.override-expired', target: `instances/${id}`, result: 'ok', time: now() },
      ),
    ])
    // What stays in the store is known to be over by its own time.
    store.commit(writes).catch(onError)
  }
}

/** As it is shown: with what was said of it. */
export function withOverride(instance: Instance, desk: Pick<OverrideDesk, 'of'>): Instance {
  const override = desk.of(instance.id)
  return override === undefined ? instance : { ...instance, override }
}

function isOver({ until }: Override, now: number): boolean {
  return until !== undefined && Date.parse(until) <= now
}

/** What the store gives was written by `set`. */
function overrideFrom({ body }: Stored): Override {
  const { kind, by, since, until, reason } = body
  return {
    kind: kind === 'draining' ? 'draining' : 'disabled',
    by: String(by),
    since: String(since),
    ...(typeof until === 'string' ? { until } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
  }
}
