import type { Experiment } from '../config/snapshot.ts'
import type { Call, JsonCall } from '../endpoints/call.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import { ask } from './ask.ts'
import type { Delivered } from './attempt.ts'
import { DiscardingClient } from './discarding-client.ts'
import { failureOf } from './failure.ts'
import type { RelayPorts } from './ports.ts'
import type { RelayInput } from './relay.ts'
import { TotalLimit } from './time-limits.ts'

/** Copies that are under way, by experiment. */
export class OpenShadows {
  readonly #open = new Map<string, number>()

  /** False where that many are under way. */
  begin(id: string, most: number): boolean {
    const open = this.#open.get(id) ?? 0
    if (open >= most) return false
    this.#open.set(id, open + 1)
    return true
  }

  end(id: string): void {
    const open = (this.#open.get(id) ?? 1) - 1
    if (open === 0) this.#open.delete(id)
    else this.#open.set(id, open)
  }
}

/**
 * Sends a copy of the request to the shadow group and throws the answer away; what it took is settled apart. The
 * client never notices: not of its failure, not of its time, nor does its leaving end it. Under strain there are none.
 */
export function startShadow({ id, shadow, shadowRoute }: Experiment, input: RelayInput, ports: RelayPorts): void {
  const { call } = input
  if (shadow === undefined || shadowRoute === undefined || !isCopied(call)) return
  if (!ports.mayHedge() || !ports.shadows.begin(id, shadow.maxConcurrency)) return
  const startedAt = ports.now()
  const record: RequestRecord = {
    ...input.record,
    model: shadowRoute.model,
    experiment: shadowRoute.place,
    attempts: [],
    stream: call.stream,
  }
  const client = new DiscardingClient(input.client, ports.now)
  const cancel = new AbortController()
  const limit = new TotalLimit({ total: shadowRoute.policy.timeouts.total, startedAt, cancel })
  ports.clock.add(limit)
  const { content: _masked, ...masked } = input
  const copy: RelayInput = { ...masked, client, cancel, record, heartbeat: undefined, startedAt }
  const question = { route: shadowRoute, admission: undefined, resumption: undefined, marks: {} }
  const askAndSettle = async () => {
    noteDelivered(record, await ask(copy, question, ports).catch(toFailed))
    ports.clock.remove(limit)
    ports.shadows.end(id)
    record.firstByteMs = client.firstByteAt === undefined ? undefined : client.firstByteAt - startedAt
    record.durationMs = ports.now() - startedAt
    ports.shadowSettled(record)
  }
  void askAndSettle()
}

/** What leaves something behind on the server is not done twice. */
export function isCopied(call: Call): call is JsonCall {
  return call.kind === 'json' && call.fields['store'] !== true
}

function toFailed(error: unknown): Delivered {
  return { kind: 'failed', failure: failureOf(error) }
}

function noteDelivered(record: RequestRecord, delivered: Delivered): void {
  const broken = delivered.kind === 'answered' ? delivered.broken : delivered.failure
  record.status = delivered.kind === 'failed' ? delivered.failure.error.status : 200
  record.code = broken?.error.code ?? undefined
  if (delivered.kind !== 'failed') record.usage = delivered.usage
}
