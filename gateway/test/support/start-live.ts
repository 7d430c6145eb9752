import { createLiveControl, type LiveControl } from '../../src/admin/live-control.ts'
import { verifyLog } from '../../src/store/chain.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/port.ts'
import { EventBus } from '../../src/telemetry/event-bus.ts'
import { RateRing } from '../../src/telemetry/rate-ring.ts'
import { serveRoutes } from './serve-routes.ts'
import { startFleet, type Fleet, type FleetConfig, type Member } from './start-fleet.ts'
import { whenOver } from './when-over.ts'

export interface LiveFleet extends Fleet {
  readonly control: LiveControl
  readonly events: EventBus
  readonly store: Store
  /** Of the management API. */
  readonly admin: string
  /** One request to it; by an admin where `role` says nothing. */
  call(method: string, path: string, options?: { readonly body?: unknown; readonly role?: string }): Promise<Called>
}

export interface Called {
  readonly status: number
  readonly text: string
  // What came, as far as a test looks into it.
  readonly body: { readonly [field: string]: never }
}

/** Ticks come this much faster than in life, so that no test waits for a second. */
const HASTE = 50

/** A gateway before simulated servers, and the live part of the management API over it. Stores may be shared: by one after the other. */
export async function startLive(
  members: Readonly<Record<string, Member>>,
  { store = new MemoryStore(), ...config }: FleetConfig & { readonly store?: Store } = {},
): Promise<LiveFleet> {
  const events = new EventBus({ now: Date.now })
  const rates = new RateRing()
  const fleet = await startFleet(members, config, { observers: { events, rates } })
  const control = createLiveControl({
    store,
    live: fleet.gateway.plane,
    events,
    rates,
    snapshot: () => fleet.gateway.snapshot,
    written: () => fleet.config,
    alerts: () => ({ items: [] }),
    configInForce: () => ({ generation: fleet.gateway.snapshot.generation }),
    configVersion: () => fleet.gateway.snapshot.generation,
    sessions: () => undefined,
    verifyLog,
    now: Date.now,
    monotonic: () => performance.now(),
    every(milliseconds, callback) {
      const timer = setInterval(callback, milliseconds / HASTE)
      return () => clearInterval(timer)
    },
    after(milliseconds, callback) {
      const timer = setTimeout(callback, milliseconds)
      return () => clearTimeout(timer)
    },
    onError: (error) => events.publish('errors', 'error', String(error)),
  })
  await control.load()
  whenOver(() => control.close())
  const admin = await serveRoutes(await control.routes())
  return {
    ...fleet,
    control,
    events,
    store,
    admin,
    async call(method, path, { body, role = 'admin' } = {}) {
      const response = await fetch(`${admin}${path}`, {
        method,
        headers: { 'x-role': role },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, text, body: (text.startsWith('{') ? JSON.parse(text) : {}) as Called['body'] }
    },
  }
}
