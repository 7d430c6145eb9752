import type { Band } from '@jairouter/contract/names'
import type { KeyRecord, Snapshot } from '../config/snapshot.ts'
import type { Call } from '../endpoints/call.ts'
import { unitsOf } from '../endpoints/used-units.ts'
import { estimatePrompt, INITIAL_BYTES_PER_TOKEN } from '../limit/token-estimate.ts'
import { wastedCalls } from '../telemetry/request-cost.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import { admit, type Outcome } from './admission.ts'
import { answer } from './answer.ts'
import { waitFor } from './ask.ts'
import type { Delivered } from './attempt.ts'
import type { ClientPort } from './client-port.ts'
import { isBlocked } from './content-blocked.ts'
import { heldTo, noteFindings, rulesFor, type ContentGuard } from './content-guard.ts'
import { captureFor, ContentRecorder } from './content-recorder.ts'
import { takePart } from './experiment.ts'
import { failureOf, type Failure } from './failure.ts'
import type { Heartbeat } from './heartbeat.ts'
import type { RelayPorts } from './ports.ts'
import { rememberedFor } from './remembered.ts'
import { resolveRoute } from './resolve.ts'
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
  /** Set once content rules hold for it. */
  readonly content?: ContentGuard
}

/**
 * The story of one request after it was understood: find its route, see whether its limits let it in and whether
 * its answer is known, ask instances until one answers, fall back where none can. Returns when the client has its answer; throws a ClientError if it has received nothing.
 */
export async function relay(asked: RelayInput, ports: RelayPorts): Promise<void> {
  const { call, record, cancel } = asked
  const found = resolveRoute(call, asked.snapshot, asked.key)
  record.model = found.model
  record.slow = found.policy.slow
  record.resolvedAt = ports.now()
  const admission = admit(
    { call, route: found, key: asked.key, address: asked.client.address, budgets: ports.budgets },
    ports.limits,
    record.resolvedAt,
  )
  record.admittedAt = ports.now()
  const { total } = found.policy.timeouts
  const limit = new TotalLimit({ total, startedAt: asked.startedAt, cancel })
  ports.clock.add(limit)
  const rules = rulesFor(found, asked.key)
  let answered = false
  const capture = captureFor(found, asked.key)
  const recorder = capture === undefined ? undefined : new ContentRecorder(capture, asked.client)
  let input = recorder === undefined ? asked : { ...asked, client: recorder.client }
  try {
    if (rules !== undefined) input = await heldTo(input, rules)
    recorder?.passed(input.call)
    // A leaky bucket's turn.
    if (admission !== undefined && admission.waitMs > 0) await waitFor(admission.waitMs, input, ports)
    if (admission?.safe !== undefined) await admission.safe
    if (cancel.signal.aborted) throw failureOf(cancel.signal.reason).error
    const route = found.experiment === undefined ? found : takePart(found.experiment, input, ports)
    const remembered = rememberedFor(input, { route, admission }, ports)
    const delivered = remembered?.replayCached() === true ? NO_CALL : await answer(input, { route, admission, remembered }, ports)
    if (delivered.kind !== 'answered') throw delivered.failure.error
    answered = true
    record.usage ??= delivered.usage
    if (record.attempts.length > 0 && record.cache !== 'shared') record.units = unitsOf(call)
    record.status = 200
    if (delivered.broken !== undefined) noteBroken(record, delivered.broken)
  } catch (error) {
    // The stream was ended by an error event; there is nobody left to tell.
    if (!isBlocked(error) || !input.client.started) throw error
    record.status = 200
    record.code = 'content_blocked'
  } finally {
    ports.clock.remove(limit)
    if (input.content !== undefined) noteFindings(record, input.content)
    notePrompts(record, call)
    if (recorder !== undefined) record.captured = recorder.content(record, asked.snapshot)
    admission?.settle(outcomeOf(record, answered), ports.now())
  }
}

/** An answer that no model gave for this request counts as a request, and costs no tokens. */
function outcomeOf(record: RequestRecord, answered: boolean): Outcome {
  const { cache, fallback, attempts, usage, units } = record
  const remembered = cache === 'hit' || cache === 'shared'
  const generated = !remembered && (fallback === undefined || fallback === 'model')
  return {
    sent: remembered || fallback !== undefined || attempts.length > 0,
    answered: generated && (answered || usage !== undefined),
    usage,
    units,
    wasted: attempts.length === 0 ? undefined : wastedCalls(record),
  }
}

/** What was counted of answers that broke off knows nothing of the prompt, which has to be paid for all the same. */
function notePrompts(record: RequestRecord, call: Call): void {
  for (const attempt of record.attempts) {
    const { usage } = attempt
    if (usage?.estimated !== true || usage.promptTokens > 0 || call.kind !== 'json') continue
    const promptTokens = estimatePrompt(call.bytes, INITIAL_BYTES_PER_TOKEN)
    attempt.usage = { ...usage, promptTokens, totalTokens: promptTokens + usage.completionTokens }
    if (record.usage === usage) record.usage = attempt.usage
  }
}

const NO_CALL: Delivered = { kind: 'answered', usage: undefined }

function noteBroken(record: RequestRecord, failure: Failure): void {
  record.code = failure.error.code
  record.cause = failure.error.cause
  if (failure.outcome === 'client_closed' || failure.outcome === 'aborted_by_operator') record.status = failure.error.status
}
