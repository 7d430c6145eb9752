import {
  breakerSnapshot,
  breakerStatusOf,
  healthProbePassed,
  reset,
  type BreakerSettings,
  type BreakerStatus,
  type BreakerTransition,
} from '../breaker/breaker.ts'
import { credentialAccepted, credentialParkedUntil } from '../breaker/credential.ts'
import { endPause, pausedUntil } from '../breaker/pause.ts'
import type { Backend, Snapshot } from '../config/snapshot.ts'
import type { StateTable } from '../lib/state-table.ts'
import type { InstanceProtection } from '../telemetry/state-metrics.ts'
import type { ProtectionEvents } from './judge.ts'
import { stateName } from './route-states.ts'

export interface ProtectionOptions {
  readonly table: StateTable
  readonly snapshot: () => Snapshot
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly onBreaker: (instanceId: string, transition: BreakerTransition) => void
  readonly onCredential: (backendId: string, accepted: boolean) => void
}

export type Resettable = 'breaker' | 'pause' | 'credential'

/** Breakers, pauses and credentials as seen from outside of a request: by probes, by reloads, and by who looks. */
export interface Protection {
  readonly events: ProtectionEvents
  /** An active probe found the backend well: its open breakers need not wait any longer. */
  probePassed(backendId: string): void
  /** Another config is in force: a credential that was changed is tried at once. */
  swapped(snapshot: Snapshot): void
  /** By hand: whatever keeps the instance from being asked by itself is forgotten. Returns what that was. */
  reset(instanceId: string, backendId: string): Resettable[]
  instances(): Iterable<InstanceProtection>
}

export function createProtection({ table, snapshot, now, onBreaker, onCredential }: ProtectionOptions): Protection {
  let backends: ReadonlyMap<string, Backend> = snapshot().backends

  function* watched(): Iterable<Watched> {
    const seen = new Set<string>()
    for (const routes of snapshot().routes.values()) {
      for (const { instances, policy } of routes.values()) {
        for (const { id, backend } of instances) {
          if (seen.has(id)) continue
          seen.add(id)
          yield { id, backend, settings: { ...policy.breaker, ...backend.breaker } }
        }
      }
    }
  }

  return {
    events: { breakerChanged: onBreaker, credentialChanged: onCredential },
    probePassed(backendId) {
      for (const { id, backend } of watched()) {
        const breaker = backend.id === backendId ? table.peek(stateName.breaker(id)) : undefined
        const transition = breaker === undefined ? undefined : healthProbePassed(breaker, now())
        if (transition !== undefined) onBreaker(id, transition)
      }
    },
    swapped(next) {
      for (const [id, backend] of next.backends) {
        const before = backends.get(id)
        const credential = table.peek(stateName.credential(id))
        if (before !== undefined && credential !== undefined && before.apiKey !== backend.apiKey) credentialAccepted(credential)
      }
      backends = next.backends
    },
    reset(instanceId, backendId) {
      const done: Resettable[] = []
      const breaker = table.peek(stateName.breaker(instanceId))
      const transition = breaker === undefined ? undefined : reset(breaker)
      if (transition !== undefined) {
        onBreaker(instanceId, transition)
        done.push('breaker')
      }
      const pause = table.peek(stateName.pause(instanceId))
      if (pause !== undefined && endPause(pause, now())) done.push('pause')
      const credential = table.peek(stateName.credential(backendId))
      if (credential !== undefined && credentialAccepted(credential)) done.push('credential')
      return done
    },
    *instances() {
      for (const each of watched()) yield describe(table, each, now())
    },
  }
}

interface Watched {
  readonly id: string
  readonly backend: Backend
  readonly settings: BreakerSettings
}

function describe(table: StateTable, { id, backend, settings }: Watched, now: number): InstanceProtection {
  const breaker = table.peek(stateName.breaker(id))
  const pause = table.peek(stateName.pause(id))
  const credential = table.peek(stateName.credential(backend.id))
  const status: BreakerStatus = breaker === undefined ? 'closed' : breakerStatusOf(breaker)
  const until = {
    breaker: breaker !== undefined && status === 'open' ? breakerSnapshot(breaker, settings, now).nextProbeAt : undefined,
    pause: pause === undefined ? undefined : pausedUntil(pause, now),
    credential: credential === undefined ? undefined : credentialParkedUntil(credential, now),
  }
  const left = Object.entries(until).flatMap(([why, time]) => (time === undefined ? [] : [[why, Math.max(0, time - now) / 1_000] as const]))
  return { id, breaker: status, leftAlone: Object.fromEntries(left) }
}
