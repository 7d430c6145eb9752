import type { Band } from '@jairouter/contract/names'
import type { KeyRecord, Route, Snapshot } from '../config/snapshot.ts'
import type { Call } from '../endpoints/call.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import { admit, type Admission } from './admission.ts'
import type { Delivered } from './attempt.ts'
import { askAlong } from './chain.ts'
import type { AnswerHeaders, ClientPort } from './client-port.ts'
import { failureOf, type Failure } from './failure.ts'
import { endInterrupted } from './deliver-stream.ts'
import type { Heartbeat } from './heartbeat.ts'
import type { RelayPorts } from './ports.ts'
import { rememberedFor, type Remembered } from './remembered.ts'
import { resolveRoute } from './resolve.ts'
import { Resumption } from './resumption.ts'
import { pause } from './retry.ts'
import { TotalLimit } from './time-limits.ts'

export interface RelayInput {
  readonly call: Call
  /** The key that authenticated the request; undefined where access is open. */
  readonly key: KeyRecord | undefined
  readonly snapshot: Snapshot
  readonly client: ClientPort
  /** Aborted when the client goes, or when the total limit is reached; its signal goes all the way to the socket of the backend. */
  readonly cancel: AbortController
  readonly record: RequestRecord
  /** Who goes first where requests wait. */
  readonly band: Band
  /** Of a client that waits for a stream. */
  readonly heartbeat: Heartbeat | undefined
  /** Monotonic milliseconds at which the request came in. */
  readonly startedAt: number
}

/**
 * The story of one request after it was understood: find its route, see whether its limits let it in and whether
 * its answer is known, ask instances until one answers, fall back where none can. Returns when the client has its answer; throws a ClientError if it has received nothing.
 */
export async function relay(input: RelayInput, ports: RelayPorts): Promise<void> {
  const { call, record, cancel } = input
  const route = resolveRoute(call, input.snapshot, input.key)
  record.model = route.model
  const admission = admit({ call, route, key: input.key, address: input.client.address }, ports.limits, ports.now())
  const { total } = route.policy.timeouts
  const limit = new TotalLimit({ total, startedAt: input.startedAt, cancel })
  ports.clock.add(limit)
  let answered = false
  let cached = false
  try {
    if (admission !== undefined && admission.waitMs > 0) await waitForTurn(admission.waitMs, input, ports)
    const remembered = rememberedFor(input, route, ports)
    cached = remembered?.replayCached() === true
    const delivered = cached ? NO_CALL : await askAndKeep(input, { route, admission, remembered }, ports)
    if (delivered.kind !== 'answered') throw delivered.failure.error
    answered = true
    record.usage = delivered.usage
    record.status = 200
    if (delivered.broken !== undefined) noteBroken(record, delivered.broken)
  } finally {
    ports.clock.remove(limit)
    // An answer that no model gave counts as a request, and costs no tokens.
    const generated = answered && !cached && (record.fallback === undefined || record.fallback === 'model')
    admission?.settle({ sent: cached || record.attempts.length > 0, answered: generated, usage: record.usage }, ports.now())
  }
}

const NO_CALL: Delivered = { kind: 'answered', usage: undefined }

async function askAndKeep(
  input: RelayInput,
  { route, admission, remembered }: { route: Route; admission: Admission | undefined; remembered: Remembered | undefined },
  ports: RelayPorts,
): Promise<Delivered> {
  const asking = remembered === undefined ? input : { ...input, client: remembered.client }
  const marks = input.record.cache === undefined ? NO_MARKS : { 'x-jairouter-cache': input.record.cache }
  const resumption = route.policy.retry.resume ? Resumption.of(input.call) : undefined
  const asked = await askAlong(asking, { route, admission, resumption, marks }, { remembered, ports })
  const delivered = asked.kind === 'interrupted' ? endInterrupted(asking.client, asked) : asked
  remembered?.keep(delivered)
  return delivered
}

const NO_MARKS: AnswerHeaders = {}

/** A leaky bucket's turn. */
async function waitForTurn(milliseconds: number, { cancel, record }: RelayInput, ports: RelayPorts): Promise<void> {
  const from = ports.now()
  await pause(milliseconds, cancel.signal)
  record.pausedMs += ports.now() - from
  if (cancel.signal.aborted) throw failureOf(cancel.signal.reason).error
}

function noteBroken(record: RequestRecord, failure: Failure): void {
  record.code = failure.error.code
  record.cause = failure.error.cause
  if (failure.outcome === 'client_closed') record.status = failure.error.status
}
