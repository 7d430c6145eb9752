import { keyIdOf } from '../config/key-id.ts'
import type { Route } from '../config/snapshot.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { Delivered } from './attempt.ts'
import { failureOf, type Failure } from './failure.ts'
import type { Plan } from './plan.ts'
import type { RelayPorts } from './ports.ts'
import type { RelayInput } from './relay.ts'
import type { InstanceState } from './route-states.ts'
import type { WaitingRoom } from './waiting-room.ts'

/** Of an upload, whose length is not always known; its bytes wait on the disk. */
const UPLOAD_BYTES = 64 * 1024
/** The tokens of a prompt are about a quarter of its bytes. */
const BYTES_PER_TOKEN = 4

interface Wanted {
  readonly route: Route
  readonly states: readonly InstanceState[]
  readonly tried: ReadonlySet<InstanceState>
}

/** One request's dealings with the queue of its model. */
export class PlaceInQueue {
  readonly #room: WaitingRoom | undefined
  readonly #input: RelayInput
  readonly #wanted: Wanted
  readonly #ports: RelayPorts
  #queuedAt: number | undefined
  #hadTurn = false
  #charged = false

  constructor(input: RelayInput, wanted: Wanted, ports: RelayPorts) {
    this.#room = ports.waiting.of(wanted.route)
    this.#input = input
    this.#wanted = wanted
    this.#ports = ports
  }

  mustWait(plan: Plan): boolean {
    if (this.#room === undefined) return false
    if (mustQueue(plan, { othersWait: this.#room.isBusy, hadTurn: this.#hadTurn })) return true
    // A flow is charged for what it asks when it starts: it could otherwise take every place before any of it counts.
    if (plan.kind === 'chosen' && !this.#charged) this.#room.charge(tenantOf(this.#input), estimateOf(this.#input))
    this.#charged = true
    return false
  }

  /** Undefined once it is this request's turn. */
  async wait(): Promise<Failure | undefined> {
    const { record, band, heartbeat, cancel } = this.#input
    const room = this.#room
    if (room === undefined) return undefined
    const { now } = this.#ports
    const from = now()
    this.#queuedAt ??= from
    if (Number.isNaN(record.queuedAt)) record.queuedAt = from
    const turn = await room.wait(
      {
        band,
        flow: tenantOf(this.#input),
        bytes: this.#input.call.kind === 'json' ? this.#input.call.bytes.length : UPLOAD_BYTES,
        queuedAt: this.#queuedAt,
        states: this.#wanted.states,
        tried: this.#wanted.tried,
        signal: cancel.signal,
      },
      (position) => {
        if (heartbeat !== undefined) heartbeat.position = position
      },
    )
    if (heartbeat !== undefined) heartbeat.position = undefined
    const waitedMs = now() - from
    record.pausedMs += waitedMs
    record.queuedMs = (record.queuedMs ?? 0) + waitedMs
    this.#hadTurn = turn === 'room'
    if (turn === 'room') return undefined
    if (turn === 'gone') return failureOf(cancel.signal.reason)
    return refusal(turn, { room, model: this.#wanted.route.model })
  }
}

/** All have their hands full, or there is room but others wait for it already. */
export function mustQueue(plan: Plan, { othersWait, hadTurn }: { readonly othersWait: boolean; readonly hadTurn: boolean }): boolean {
  return plan.kind === 'busy' || (plan.kind === 'chosen' && !hadTurn && othersWait)
}

function refusal(turn: 'full' | 'late', { room, model }: { room: WaitingRoom; model: string }): Failure {
  const retryAfterSeconds = room.retryAfterSeconds()
  const error =
    turn === 'full'
      ? new GatewayError('queue_full', `Too many requests wait for "${model}" already`, { retryAfterSeconds })
      : new GatewayError('overloaded', `No instance of "${model}" would have room in time`, { retryAfterSeconds })
  return { ...failureOf(error), outcome: turn === 'full' ? 'queue_full' : 'queue_timeout' }
}

/** What the request has cost in the end, in place of what it was charged when it started. */
export function chargeService(input: RelayInput, { route, delivered }: { route: Route; delivered: Delivered }, ports: RelayPorts): void {
  const room = ports.waiting.of(route)
  const usage = delivered.kind === 'answered' ? delivered.usage : undefined
  if (room === undefined || usage === undefined) return
  // An output token holds a place about twice as long as one of the prompt.
  room.charge(tenantOf(input), usage.promptTokens + 2 * usage.completionTokens - estimateOf(input))
}

function tenantOf({ key, client }: RelayInput): string {
  return key === undefined ? `address ${client.address}` : `key ${keyIdOf(key)}`
}

function estimateOf({ call }: RelayInput): number {
  return call.kind === 'json' ? Math.ceil(call.bytes.length / BYTES_PER_TOKEN) : 0
}
