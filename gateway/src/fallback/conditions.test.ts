import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { causeOf, DEFAULT_CONDITIONS, stepApplies, type FailureFacts, type FallbackCause } from './conditions.ts'

/** As `failureOfStatus` of the relay has it. */
const answered = (status: number, code = '', message?: string): FailureFacts => ({
  status,
  code,
  outcome: `status_${status}`,
  ...(message === undefined ? {} : { upstream: { code: null, type: null, message } }),
})
const failed = (code: string, outcome: string): FailureFacts => ({ status: undefined, code, outcome })
const TOO_LONG = "This model's maximum context length is 4096 tokens"
const FILTERED = 'Content Exists Risk'

describe('causeOf', () => {
  it.each<[number, FallbackCause | undefined]>([
    [302, 'unavailable'],
    [399, 'unavailable'],
    [400, undefined],
    [401, 'unavailable'],
    [402, 'unavailable'],
    [403, 'unavailable'],
    [404, 'unavailable'],
    [405, undefined],
    [408, 'timeout'],
    [409, 'unavailable'],
    [413, undefined],
    [415, undefined],
    [422, undefined],
    [424, 'unavailable'],
    [425, 'unavailable'],
    [429, 'rate-limited'],
    [498, 'unavailable'],
    [499, undefined],
    [500, 'unavailable'],
    [501, 'unavailable'],
    [502, 'unavailable'],
    [503, 'unavailable'],
    [504, 'timeout'],
    [529, 'unavailable'],
  ])('an upstream that answers %i: %s', (status, cause) => {
    expect(causeOf(answered(status))).toBe(cause)
    expect(causeOf(answered(status, '', 'anything'))).toBe(cause)
    // Whatever a body says its code is, such as one of ours.
    expect(causeOf(answered(status, 'overloaded'))).toBe(cause)
    expect(causeOf(answered(status, 'upstream_timeout'))).toBe(cause)
  })

  it.each<[string, string, FallbackCause | undefined]>([
    ['upstream_error', 'refused', 'unavailable'],
    ['upstream_error', 'dns', 'unavailable'],
    ['upstream_error', 'reset', 'unavailable'],
    ['upstream_protocol_error', 'protocol', 'unavailable'],
    ['upstream_protocol_error', 'stream_error', 'unavailable'],
    ['stream_interrupted', 'reset', 'unavailable'],
    ['no_healthy_instance', 'down', 'unavailable'],
    ['no_healthy_instance', 'exhausted', 'unavailable'],
    ['circuit_open', 'open', 'unavailable'],
    ['overloaded', 'busy', 'unavailable'],
    ['queue_full', 'queue_full', 'unavailable'],
    ['upstream_timeout', 'timeout_connect', 'timeout'],
    ['upstream_timeout', 'timeout_firstToken', 'timeout'],
    ['upstream_timeout', 'timeout_total', 'timeout'],
    ['rate_limit_exceeded', 'limited', 'rate-limited'],
    ['insufficient_quota', 'limited', 'rate-limited'],
    ['rate_limit_exceeded', 'rate_limit_exceeded', undefined],
    ['insufficient_quota', 'insufficient_quota', undefined],
    ['client_closed', 'client_closed', undefined],
    ['server_shutdown', 'server_shutdown', undefined],
    ['internal_error', 'internal_error', undefined],
    ['request_too_large', 'request_too_large', undefined],
    ['model_not_found', 'model_not_found', undefined],
    ['', 'ok', undefined],
  ])('%s, as %s: %s', (code, outcome, cause) => expect(causeOf(failed(code, outcome))).toBe(cause))

  it('takes a status for the upstream’s only where the outcome says so', () => {
    expect(causeOf({ status: 429, code: 'rate_limit_exceeded', outcome: 'rate_limit_exceeded' })).toBeUndefined()
    expect(causeOf({ status: 500, code: 'internal_error', outcome: 'internal_error' })).toBeUndefined()
    expect(causeOf({ status: 200, code: 'upstream_protocol_error', outcome: 'stream_error' })).toBe('unavailable')
  })

  it.each([400, 413, 422, 500, 503])('a request that is too long, told with %i', (status) => {
    expect(causeOf(answered(status, '', TOO_LONG))).toBe('context-length')
    expect(causeOf(answered(status, 'context_length_exceeded'))).toBe('context-length')
    expect(causeOf({ ...answered(status), upstream: { code: '400', type: 'exceed_context_size_error', message: '' } })).toBe(
      'context-length',
    )
  })

  it.each([
    [401, 'unavailable'],
    [402, 'unavailable'],
    [429, 'rate-limited'],
    [500, 'unavailable'],
  ] as const)('the words of a filter, told with %i: %s', (status, cause) => {
    expect(causeOf(answered(status, '', FILTERED))).toBe(cause)
  })

  it.each([400, 403, 422, 451])('a refusal by a content filter, told with %i', (status) => {
    expect(causeOf(answered(status, '', FILTERED))).toBe('content-filter')
    expect(causeOf(answered(status, 'content_filter'))).toBe('content-filter')
    expect(causeOf(answered(status, '', `${TOO_LONG}; ${FILTERED}`))).toBe('content-filter')
  })

  it('reads errors inside of a stream or of a 200', () => {
    const inside = failed('upstream_protocol_error', 'stream_error')
    expect(causeOf({ ...inside, upstream: { message: TOO_LONG } })).toBe('context-length')
    expect(causeOf({ ...inside, upstream: { code: 'content_filter', message: '' } })).toBe('content-filter')
    expect(causeOf({ ...inside, upstream: { message: 'CUDA out of memory' } })).toBe('unavailable')
  })

  it('does not take a limit of tokens per minute for a context', () => {
    expect(causeOf(answered(429, '', `${TOO_LONG} per minute`))).toBe('rate-limited')
    expect(causeOf({ ...answered(429), upstream: { code: 'context_length_exceeded', message: '' } })).toBe('context-length')
  })

  it('does not read a refusal out of the gateway’s own codes', () => {
    expect(causeOf(failed('content_filter', 'answered'))).toBeUndefined()
    expect(causeOf(failed('context_length_exceeded', 'answered'))).toBeUndefined()
  })

  it('gives nothing for any 4xx that the table does not know', () => {
    const known = new Set([401, 402, 403, 404, 408, 409, 424, 425, 429, 498])
    fc.assert(fc.property(fc.integer({ min: 400, max: 499 }), (status) => known.has(status) || causeOf(answered(status)) === undefined))
  })
})

describe('stepApplies', () => {
  const causes = ['unavailable', 'timeout', 'rate-limited', 'context-length', 'content-filter'] as const

  it('by default answers to outages, and never routes around a refusal', () => {
    expect(causes.filter((cause) => stepApplies(DEFAULT_CONDITIONS, cause))).toEqual(['unavailable', 'timeout', 'rate-limited'])
  })

  it.each(causes)('answers to %s where it is named, or any is', (cause) => {
    expect(causes.filter((other) => stepApplies([cause], other))).toEqual([cause])
    expect(stepApplies(['any'], cause)).toBe(true)
    expect(stepApplies([], cause)).toBe(false)
    expect(
      stepApplies(
        causes.filter((other) => other !== cause),
        cause,
      ),
    ).toBe(false)
  })

  it('answers to no failure of the client’s', () => {
    expect(stepApplies(['any'], undefined)).toBe(false)
    expect(stepApplies(causes, undefined)).toBe(false)
  })
})
