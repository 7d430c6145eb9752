import type { Instance, Override } from '@jairouter/contract/management/instances'
import { actorName } from '../auth/actor.ts'
import { auditWrite, type Origin } from '../auth/audit/audit-entry.ts'
import type { Body, Store, Stored, Write } from '../store/port.ts'
import type { EventBus } from '../telemetry/event-bus.ts'
import type { LivePort } from './live-port.ts'

const COLLECTION = 'overrides'

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
export interface OverrideDesk {
  /** Puts in force what the store has, and follows it when another process writes. Rejects with a StoreError. */
  load(): Promise<void>
  of(id: string): Override | undefined
  /** Of each instance; also of those that the config in force does not have. */
  all(): ReadonlyMap<string, Override>
  /** Stored, audited and in force when fulfilled; nothing has changed when rejected with a StoreError. */
  set(id: string, request: OverrideRequest): Promise<Override>
  /** False where there was none. */
  clear(id: string, origin: Origin): Promise<boolean>
  close(): void
}

export function createOverrideDesk(options: OverrideDeskOptions): OverrideDesk {
  const { store, live, events, now } = options
  let held: ReadonlyMap<string, Override> = new Map()
  let cancelExpiry = () => {}
  let stopFollowing = () => {}
  let closed = false

  function adopt(next: ReadonlyMap<string, Override>): void {
    const before = held
    held = next
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
    expectExpiry()
  }

  /** The data plane knows the time by itself; this is for what is shown, and what is stored. */
  function expectExpiry(): void {
    cancelExpiry()
    cancelExpiry = () => {}
    const times = [...held.values()].flatMap(({ until }) => (until === undefined ? [] : [Date.parse(until)]))
    if (closed || times.length === 0) return
    cancelExpiry = options.after(Math.max(0, Math.min(...times) - now()), expire)
  }

  function expire(): void {
    const over = [...held].filter(([, override]) => isOver(override, now())).map(([id]) => id)
    adopt(new Map([...held].filter(([id]) => !over.includes(id))))
    if (over.length === 0) return
    const writes = over.flatMap((id): Write[] => [
      { kind: 'delete', collection: COLLECTION, id },
      auditWrite(
        { actor: { kind: 'system' } },
        { action: 'instance.override-expired', target: `instances/${id}`, result: 'ok', time: now() },
      ),
    ])
    // What stays in the store is known to be over by its own time.
    store.commit(writes).catch(options.onError)
  }

  async function read(): Promise<void> {
    const stored = await store.list(COLLECTION)
    const current = stored.map((each) => [each.id, overrideFrom(each)] as const)
    if (!closed) adopt(new Map(current.filter(([, override]) => !isOver(override, now()))))
  }

  async function write(id: string, override: Override | undefined, origin: Origin): Promise<void> {
    const before = held.get(id)
    const change: Write =
      override === undefined
        ? { kind: 'delete', collection: COLLECTION, id }
        : { kind: 'put', collection: COLLECTION, id, body: bodyOf(override) }
    const action = override === undefined ? 'enable' : override.kind === 'disabled' ? 'disable' : 'drain'
    const audit = auditWrite(origin, {
      action: `instance.${action}`,
      target: `instances/${id}`,
      result: 'ok',
      ...(before === undefined ? {} : { before }),
      ...(override === undefined ? {} : { after: override }),
      time: now(),
    })
    await store.commit([change, audit])
    const next = new Map(held)
    if (override === undefined) next.delete(id)
    else next.set(id, override)
    adopt(next)
  }

  return {
    async load() {
      stopFollowing()
      stopFollowing = store.onChange(() => {
        read().catch(options.onError)
      })
      await read()
    },
    of: (id) => held.get(id),
    all: () => held,
    async set(id, { kind, forMs, reason, origin }) {
      const since = now()
      const override: Override = {
        kind,
        by: actorName(origin.actor),
        since: new Date(since).toISOString(),
        ...(forMs === undefined ? {} : { until: new Date(since + forMs).toISOString() }),
        ...(reason === undefined ? {} : { reason }),
      }
      await write(id, override, origin)
      return override
    },
    async clear(id, origin) {
      if (!held.has(id)) return false
      await write(id, undefined, origin)
      return true
    },
    close() {
      closed = true
      cancelExpiry()
      stopFollowing()
    },
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

function bodyOf(override: Override): Body {
  return { ...override }
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
