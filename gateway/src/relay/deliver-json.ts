import { isUtf8 } from 'node:buffer'
import { isObject } from '../lib/json.ts'
import { hasFailedChoice } from '../endpoints/finish-reasons.ts'
import { readUsage } from '../endpoints/usage.ts'
import { isErrorBody, readUpstreamError } from '../errors/upstream-error-body.ts'
import { mendedAnswer } from './answer-repair.ts'
import type { Delivered, Delivery } from './attempt.ts'
import { collect } from './collect.ts'
import { failureInside, protocolFailure, type Failure } from './failure.ts'
import { withoutEcho } from './without-echo.ts'
import { withoutKey } from './without-key.ts'

/** An answer that is held until it is whole may not be larger. */
export const ANSWER_LIMIT_BYTES = 64 * 1024 ** 2

const JSON_TYPE = { 'content-type': 'application/json' }

/** Holds the answer until it is whole and makes sense; a cut or failed one can then still be asked for elsewhere. */
export async function deliverJson(delivery: Delivery): Promise<Delivered> {
  const read = await readJson(delivery)
  if (read.kind === 'failed') return read
  delivery.sink.send(200, Object.assign(delivery.headers(), JSON_TYPE), read.body)
  return { kind: 'answered', usage: delivery.native === undefined ? readUsage(read.json) : delivery.native.usageOf(read.json) }
}

/** A whole answer in its public shape, and the bytes that are to be sent. */
interface JsonAnswer {
  readonly kind: 'read'
  readonly json: unknown
  readonly body: Buffer | string
}

/** Reads a whole answer. Throws as the codec does, and as the exchange. */
export async function readJson(delivery: Delivery): Promise<JsonAnswer | { readonly kind: 'failed'; readonly failure: Failure }> {
  const bytes = await collect(delivery.exchange, ANSWER_LIMIT_BYTES, 'fail')
  delivery.arrived()
  const answer = parseAnswer(bytes)
  if (answer === undefined) return { kind: 'failed', failure: protocolFailure('a 200 that is not JSON') }
  const { translation, native } = delivery
  if (native !== undefined)
    return isErrorBody(answer.json) ? { kind: 'failed', failure: errorInside(bytes, delivery) } : { kind: 'read', ...answer }
  if (translation === undefined && isFailedAnswer(answer.json)) return { kind: 'failed', failure: errorInside(bytes, delivery) }
  const decoded = translation?.codec.decode(answer.json, translation.context)
  const { endpoint } = delivery.call
  let changed = mendedAnswer(delivery, decoded ?? answer.json) ?? decoded
  if (endpoint.normalise !== undefined) {
    try {
      changed = endpoint.normalise(decoded ?? answer.json, contextOf(delivery)) ?? decoded
    } catch (error) {
      return { kind: 'failed', failure: protocolFailure(error instanceof Error ? error.message : 'an answer in an unknown shape') }
    }
  }
  return { kind: 'read', json: changed ?? answer.json, body: changed === undefined ? answer.body : JSON.stringify(changed) }
}

/** An error in place of an answer, or a choice that broke off. */
export function isFailedAnswer(json: unknown): boolean {
  return isErrorBody(json) || hasFailedChoice(json)
}

/** What a backend says inside of a 200 that it should have said with another status. */
export function errorInside(body: Buffer, { state, call }: Delivery): Failure {
  const said = readUpstreamError(200, withoutKey(body, state.instance.backend))
  return failureInside(said, { where: `an error inside of a 200: ${withoutEcho(said.message, call)}`, ...state.instance.backend.adapter })
}

function contextOf({ call, state, route, head }: Delivery) {
  return {
    fields: call.kind === 'json' ? call.fields : {},
    adapter: state.instance.backend.adapter,
    model: route.model,
    headers: head.headers,
  }
}

/** Up to this size a copy as text is cheaper than a second buffer to write. */
const TEXT_LIMIT_BYTES = 16 * 1024

/**
 * A whole JSON answer, and its bytes as they came; short ones as the text that they were parsed from, where that is the
 * same. DeepSeek sends blank lines while a request waits, some servers a byte order mark: neither is part of the JSON.
 */
export function parseAnswer(bytes: Buffer): { readonly json: unknown; readonly body: Buffer | string } | undefined {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  const body = marked ? bytes.subarray(3) : bytes
  // Decoding would put U+FFFD in place of what is no UTF-8; passed on as it is, it would break the client's parser.
  if (!isUtf8(body)) return undefined
  const text = body.toString('utf8')
  try {
    const json: unknown = JSON.parse(text)
    if (!isObject(json) && !Array.isArray(json)) return undefined
    return { json, body: body.length <= TEXT_LIMIT_BYTES ? text : body }
  } catch {
    return undefined
  }
}
