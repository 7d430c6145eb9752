import { breakerStatusOf, settlePermit, takePermit, type BreakerTransition } from '../breaker/breaker.ts'
import { credentialAccepted, parkCredential } from '../breaker/credential.ts'
import { mayEject } from '../breaker/ejection.ts'
import { pauseFor, resumeAfterSuccess } from '../breaker/pause.ts'
import { recordLatency } from '../balance/latency.ts'
import type { AttemptRecord } from '../telemetry/request-record.ts'
import type { Failure } from './failure.ts'
import type { RelayPorts } from './ports.ts'
import type { InstanceState } from './route-states.ts'

/** What the relay tells the world of an instance's protection. */
export interface ProtectionEvents {
  readonly breakerChanged: (instanceId: string, transition: BreakerTransition) => void
  /** The backend refuses the gateway's credential, or takes it again. */
  readonly credentialChanged: (backendId: string, accepted: boolean) => void
}

/** Leave of the breaker for one call; to be given to `judge` once. */
export function permitOf(state: InstanceState, ports: RelayPorts): number {
  const before = breakerStatusOf(state.breaker)
  const permit = takePermit(state.breaker, state.breakerSettings, ports.now())
  // Its time had passed: this call is the probe.
  if (before === 'open' && breakerStatusOf(state.breaker) === 'half-open')
    ports.protection.breakerChanged(state.instance.id, { from: 'open', to: 'half-open', reason: 'waited' })
  return permit
}

export interface Verdict {
  readonly state: InstanceState
  /** All instances of the route: a breaker must leave half of them. */
  readonly pool: readonly InstanceState[]
  readonly permit: number
  readonly record: Pick<AttemptRecord, 'sentAt' | 'arrivedAt'>
  /** Undefined when the call went well. */
  readonly failure: Failure | undefined
  /** Whether it tells how long answers take; false for the handshake of a session. */
  readonly timed?: boolean
}

type JudgePorts = Pick<RelayPorts, 'now' | 'random' | 'protection' | 'reportHealth'>

/** Tells the instance's breaker, pause, credential, latency and health how a call to it ended. Once for each attempt. */
export function judge({ state, pool, permit, record, failure, timed = true }: Verdict, ports: JudgePorts): void {
  const { instance, breaker, breakerSettings } = state
  const now = ports.now()
  const others = pool.filter((other) => other !== state && breakerStatusOf(other.breaker) !== 'closed').length
  const transition = settlePermit(breaker, permit, outcomeOf(state, failure), {
    settings: breakerSettings,
    now,
    random: ports.random,
    // An error that all share must not empty the pool: half of it stays, and so does the last one.
    mayTrip: () => mayEject({ size: pool.length, ejected: others }),
  })
  if (transition !== undefined) ports.protection.breakerChanged(instance.id, transition)
  if (failure === undefined) {
    resumeAfterSuccess(state.pause)
    if (credentialAccepted(state.credential)) ports.protection.credentialChanged(instance.backend.id, true)
    if (timed) recordLatency(state.latency, record.arrivedAt - record.sentAt, now)
    ports.reportHealth(instance.backend.id, 'ok')
    return
  }
  if (failure.asks?.kind === 'pause') pauseFor(state.pause, failure.asks.hintMs, now)
  if (failure.asks?.kind === 'credential' && parkCredential(state.credential, now))
    ports.protection.credentialChanged(instance.backend.id, false)
  if (failure.health !== 'none') ports.reportHealth(instance.backend.id, failure.health)
}

/** One that wants to be left alone has not passed as a probe, though it has not failed either. */
function outcomeOf(state: InstanceState, failure: Failure | undefined): 'ok' | 'failed' | 'ignored' {
  if (failure === undefined) return 'ok'
  if (failure.counts) return 'failed'
  return failure.asks?.kind === 'pause' && breakerStatusOf(state.breaker) === 'half-open' ? 'failed' : 'ignored'
}
