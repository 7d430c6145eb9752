import { describe, expect, it } from 'vitest'
import type { Reply, WireName } from '../doubles/double.ts'
import { parseObject } from '../doubles/reading.ts'
import { user, type Asking } from './asking.ts'
import { ONE_OF_EACH } from './columns.ts'
import type { FrontName } from './fronts/front.ts'
import { frontsOf } from './fronts/fronts.ts'
import { startCell } from './start-cell.ts'

/* What a backend answers in place of an answer, and what the client is told: the table of statuses that all dialects share. */

type Status = Extract<Reply, { kind: 'error' }>['status']

interface ErrorCase {
  readonly status: Status
  readonly retryAfterSeconds?: number
  /** What the client gets. */
  readonly told: number
  /** By Anthropic's dialect. */
  readonly anthropic: string
  /** By OpenAI's dialects; undefined: the backend's own, where it has one. The text is the backend's own, too: it speaks of what the client sent. */
  readonly openai?: string
  readonly retryAfter?: string
}

const CASES: readonly ErrorCase[] = [
  { status: 400, told: 400, anthropic: 'invalid_request_error' },
  // The key is the gateway's: the client's own was taken.
  { status: 401, told: 502, anthropic: 'api_error', openai: 'upstream_error' },
  { status: 404, told: 404, anthropic: 'not_found_error' },
  { status: 413, told: 413, anthropic: 'request_too_large' },
  { status: 422, told: 422, anthropic: 'invalid_request_error' },
  { status: 429, retryAfterSeconds: 17, told: 429, anthropic: 'rate_limit_error', retryAfter: '17' },
  { status: 500, told: 502, anthropic: 'api_error', openai: 'upstream_error' },
  { status: 503, retryAfterSeconds: 9, told: 503, anthropic: 'overloaded_error', openai: 'service_unavailable_error', retryAfter: '9' },
  { status: 503, told: 503, anthropic: 'overloaded_error', openai: 'service_unavailable_error', retryAfter: '1' },
  { status: 529, told: 503, anthropic: 'overloaded_error', openai: 'service_unavailable_error', retryAfter: '1' },
]

/** The words of a backend that has words for kinds of errors; others are told in OpenAI's. */
const OWN_TYPES: Readonly<Record<WireName, Readonly<Record<number, string>>>> = {
  openai: { 429: 'requests' },
  ollama: { 429: 'rate_limit_error' },
  anthropic: { 404: 'not_found_error', 413: 'request_too_large', 429: 'rate_limit_error' },
  gemini: { 400: 'INVALID_ARGUMENT', 404: 'NOT_FOUND', 413: 'INVALID_ARGUMENT', 422: 'INVALID_ARGUMENT', 429: 'RESOURCE_EXHAUSTED' },
  cohere: { 429: 'rate_limit_error' },
}

function typeOf(front: FrontName, wire: WireName, { status, anthropic, openai }: ErrorCase): string {
  if (front === 'ollama') return ''
  return front === 'anthropic' ? anthropic : (openai ?? OWN_TYPES[wire][status] ?? 'invalid_request_error')
}

const MESSAGE = 'The spanner is in the works'
const ASKING: Asking = { maximumTokens: 100, turns: [user('Hi')] }

const TABLE = ONE_OF_EACH.flatMap((column) =>
  frontsOf(column).flatMap((front) =>
    CASES.map((one) => [front.name, column.name, one.status, one.retryAfterSeconds ?? 'nothing', { front, column, one }] as const),
  ),
)

describe('an error before the stream', () => {
  it.each(TABLE)('to %s, from %s: %i with a Retry-After of %s', async (_front, _column, _status, _after, { front, column, one }) => {
    const { double, ask } = await startCell(column)
    double.reply({ kind: 'error', message: MESSAGE, ...one })
    const { status, headers, text } = await ask(front, ASKING, false)
    const { message, type } = front.error(parseObject(text) ?? {}, headers)
    expect([status, headers['content-type'], headers['retry-after']]).toEqual([one.told, 'application/json', one.retryAfter])
    expect(type).toBe(typeOf(front.name, column.wire, one))
    if (one.openai === undefined) expect(message).toBe(MESSAGE)
    else expect(text).not.toContain(MESSAGE)
    expect(headers['x-request-id']).toMatch(/./)
    expect(double.requests).toHaveLength(1)
  })

  it.each(ONE_OF_EACH.map((column) => [column.name, column] as const))(
    'is the same where a stream was asked for: %s',
    async (_name, column) => {
      const { double, ask } = await startCell(column)
      // The one that leaves the backend as it was for the next call.
      double.reply({ kind: 'error', status: 422, message: MESSAGE })
      for (const front of frontsOf(column)) {
        const answers = await Promise.all([false, true].map((stream) => ask(front, ASKING, stream)))
        const told = answers.map(({ status, headers, text }) => ({
          status,
          mediaType: headers['content-type'],
          ...front.error(parseObject(text) ?? {}, headers),
        }))
        expect(told[0]).toMatchObject({ status: 422, message: MESSAGE })
        expect(told[1]).toEqual(told[0])
      }
    },
  )
})
