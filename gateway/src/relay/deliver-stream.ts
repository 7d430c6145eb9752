import { choicesAsked, usageAsked } from '../endpoints/choice-count.ts'
import { isObject } from '../lib/json.ts'
import type { Call } from '../endpoints/call.ts'
import { namesTool } from '../endpoints/finish-reasons.ts'
import { completionToEvents } from '../endpoints/completion-to-stream.ts'
import { heldOpening } from '../endpoints/held-opening.ts'
import { createCompletionTap, createEventTap, DONE_EVENT, type CompletionTapOptions, type StreamTap } from '../endpoints/stream-tap.ts'
import { readUsage, type Usage } from '../endpoints/usage.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { toOpenAiError, type ClientError } from '../errors/openai-error.ts'
import { readUpstreamError } from '../errors/upstream-error-body.ts'
import { mediaTypeOf } from '../lib/media-type.ts'
import { SseOverflow, type SseEvent } from '../lib/sse-reader.ts'
import { mendedAnswer, mendedReader } from './answer-repair.ts'
import type { Delivered, Delivery } from './attempt.ts'
import type { ClientPort } from './client-port.ts'
import { collect } from './collect.ts'
import { ANSWER_LIMIT_BYTES, deliverJson, errorInside, isFailedAnswer, parseAnswer } from './deliver-json.ts'
import { isBlocked } from './content-blocked.ts'
import { failureInside, failureOf, protocolFailure, type Failure } from './failure.ts'
import { failureOfAnother, type Resumption } from './resumption.ts'
import { createEventReader } from './translation.ts'
import { withoutEcho } from './without-echo.ts'
import { withoutKey } from './without-key.ts'

export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // nginx would otherwise hold events back.
  'x-accel-buffering': 'no',
}

/**
 * Passes events on as they arrive. Nothing goes to the client before the first event that is no error, so that until
 * then another instance can be asked; a stream that breaks later ends with an error event and without `[DONE]`.
 */
export async function deliverStream(delivery: Delivery): Promise<Delivered> {
  const type = mediaTypeOf(String(delivery.head.headers['content-type'] ?? 'text/event-stream'))
  const { native, translation } = delivery
  const lines = type.includes('ndjson')
  if (type.includes('json') && !lines) return native === undefined ? deliverWhole(delivery) : deliverJson(delivery)
  if (!type.includes('event-stream') && !((native !== undefined || translation !== undefined) && lines))
    return { kind: 'failed', failure: protocolFailure(`${type || 'no media type'} in place of an event stream`) }
  delivery.limits.awaitFirstToken()
  const { client } = delivery
  const tap = native?.createTap() ?? tapFor(delivery)
  const failure = await pump(delivery, tap).catch(failureOfPump)
  if (failure === undefined) return { kind: 'answered', usage: usageOf(tap) }
  if (!client.started) return { kind: 'failed', failure }
  const blocked = isBlocked(failure.error)
  if (delivery.resumption !== undefined && !blocked && tap.complete() && end(delivery, tap) === undefined)
    return { kind: 'answered', usage: usageOf(tap) }
  if (delivery.resumption?.possible === true && !blocked) return { kind: 'interrupted', failure, usage: usageOf(tap) }
  return endInterrupted(client, { failure, usage: usageOf(tap) })
}

function tapFor({ call, client, resumption }: Delivery): StreamTap {
  if (call.endpoint.stream !== 'completion') return createEventTap()
  const tap = createCompletionTap(tapOptions(call))
  // What can be completed by another call need not be held, and is compared event by event.
  return client.started || resumption !== undefined ? tap : heldOpening(tap)
}

/** The end of a stream that nobody completes: an error event, and no `[DONE]`. */
export function endInterrupted(
  client: ClientPort,
  { failure, usage }: { readonly failure: Failure; readonly usage: Usage | undefined },
): Delivered {
  const error = interrupted(failure)
  void client.write(Buffer.from(`data: ${JSON.stringify(toOpenAiError(error))}\n\n`))
  client.end()
  return { kind: 'answered', usage, broken: { ...failure, error } }
}

/** Runs until the stream's proper end (undefined) or its failure. */
async function pump(delivery: Delivery, tap: StreamTap): Promise<Failure | undefined> {
  const { exchange, sink: client, limits, call, native } = delivery
  const reader =
    native?.createReader(call.endpoint.maximumEventBytes) ?? mendedReader(delivery, createEventReader(call, delivery.translation))
  // Another call's part is with the client already.
  if (client.started) delivery.resumption?.restart(delivery.goesOn ? 'on' : 'anew')
  let begun = false
  for (;;) {
    const chunk = await exchange.read()
    if (!begun) delivery.arrived()
    const events = chunk === undefined ? reader.flush() : reader.push(chunk)
    const sorted = sort({ chunk, events, started: client.started, resumption: delivery.resumption }, tap)
    if (sorted.content) {
      begun = true
      limits.piece()
    }
    if (sorted.pieces.length > 0) {
      if (!client.started)
        client.start(200, {
          ...delivery.headers(),
          ...STREAM_HEADERS,
          ...(native === undefined ? {} : { 'content-type': native.streamType }),
        })
      for (const piece of sorted.pieces) {
        const blocked = client.write(piece)
        if (blocked === undefined) continue
        limits.pause()
        await blocked
        limits.progress()
      }
    }
    if (sorted.end === 'error') return failureOfEvent(delivery, tap)
    if (sorted.end === 'another') return failureOfAnother()
    if (sorted.end === 'done') return end(delivery, tap)
    // Closed by the backend: complete only if its proper end was seen.
    if (chunk === undefined) return tap.complete() ? end(delivery, tap) : protocolFailure('a stream without its proper end')
  }
}

interface Arrived {
  /** Undefined at the end, where only what was held back may come. */
  readonly chunk: Buffer | undefined
  readonly events: readonly SseEvent[]
  readonly started: boolean
  readonly resumption: Resumption | undefined
}

interface Sorted {
  readonly pieces: readonly Buffer[]
  /** Something of the answer is among them, not comments alone. */
  readonly content: boolean
  readonly end: 'done' | 'error' | 'another' | undefined
}

/** What of a chunk goes to the client; the chunk itself, uncopied, when all of it does. */
function sort(arrived: Arrived, tap: StreamTap): Sorted {
  const { chunk, events, started, resumption } = arrived
  const pieces: Buffer[] = []
  let content = false
  let size = 0
  for (const event of events) {
    const verdict = tap.inspect(event)
    if (verdict === 'done' || verdict === 'error') return { pieces, content, end: verdict }
    if (verdict === 'hide') continue
    // A comment is no content: a backend that only says that it lives has not begun. Nor may it depend on how the bytes came whether the client sees it.
    if (event.comment && !started && !content) continue
    if (!event.comment) content = true
    const passed = verdict === 'pass' ? event.bytes : verdict
    const bytes = resumption === undefined || event.comment ? passed : resumption.pass(passed)
    if (bytes === 'another') return { pieces, content, end: 'another' }
    if (bytes === undefined) continue
    pieces.push(bytes)
    size += bytes.length
  }
  const first = pieces[0]
  const whole = pieces.length > 1 && size === chunk?.length && first?.buffer === chunk.buffer && first.byteOffset === chunk.byteOffset
  return { pieces: whole ? [chunk] : pieces, content, end: undefined }
}

function end({ sink: client, call, native }: Delivery, tap: StreamTap): Failure | undefined {
  if (!client.started) return protocolFailure('an empty stream')
  const trailer = tap.trailer()
  if (trailer !== undefined) void client.write(trailer)
  if (call.endpoint.stream === 'completion' && native === undefined) void client.write(DONE_EVENT)
  client.end()
  return undefined
}

/** A backend that answers a stream request with one whole JSON document. */
async function deliverWhole(delivery: Delivery): Promise<Delivered> {
  // A stream that was begun can't be completed by a document.
  if (delivery.client.started) return { kind: 'failed', failure: failureOfAnother() }
  const bytes = await collect(delivery.exchange, ANSWER_LIMIT_BYTES, 'fail')
  const answer = parseAnswer(bytes)
  if (answer === undefined || !isObject(answer.json)) return { kind: 'failed', failure: protocolFailure('a 200 that is not JSON') }
  const { client, call, translation } = delivery
  if (translation === undefined && isFailedAnswer(answer.json)) return { kind: 'failed', failure: errorInside(bytes, delivery) }
  const decoded = translation?.codec.decode(answer.json, translation.context) ?? answer.json
  const json = mendedAnswer(delivery, decoded) ?? decoded
  if (call.endpoint.stream === 'completion') {
    client.send(200, { ...delivery.headers(), ...STREAM_HEADERS }, completionToEvents(json, tapOptions(call).usageAsked))
  } else client.send(200, { ...delivery.headers(), 'content-type': 'application/json' }, answer.body)
  return { kind: 'answered', usage: readUsage(json) }
}

function tapOptions(call: Call): CompletionTapOptions {
  if (call.kind !== 'json') return { expectedChoices: 1, usageAsked: false, toolReasons: false }
  const { endpoint, fields } = call
  return { expectedChoices: choicesAsked(endpoint, fields), usageAsked: usageAsked(fields), toolReasons: !namesTool(fields) }
}

/** Without a word from the backend, as after the client left, the pieces are counted: about a token each. */
function usageOf(tap: StreamTap): Usage | undefined {
  const told = tap.usage()
  if (told !== undefined || tap.pieces() === 0) return told
  return { promptTokens: 0, completionTokens: tap.pieces(), totalTokens: tap.pieces(), estimated: true }
}

function failureOfEvent({ state, call }: Delivery, tap: StreamTap): Failure {
  const said = readUpstreamError(200, withoutKey(tap.errorBody() ?? Buffer.alloc(0), state.instance.backend))
  const where = `an error in the stream: ${withoutEcho(said.message, call)}`
  const failure = failureInside(said, { where, ...state.instance.backend.adapter })
  return failure.retry ? { ...failure, outcome: 'stream_error' } : failure
}

function failureOfPump(error: unknown): Failure {
  return error instanceof SseOverflow ? protocolFailure(error.message) : failureOf(error)
}

const TOLD_AS_THEY_ARE: ReadonlySet<string> = new Set(['upstream_timeout', 'client_closed', 'server_shutdown', 'content_blocked'])

/** What a client reads in the error event of a stream that had begun. */
function interrupted(failure: Failure): ClientError {
  const { error } = failure
  if (error.code !== undefined && TOLD_AS_THEY_ARE.has(error.code)) return error
  return new GatewayError('stream_interrupted', 'The answer broke off before its end', { cause: error })
}
