import { describe, expect, it } from 'vitest'
import { UpstreamFault } from '../upstream/upstream-fault.ts'
import { failureOf, failureOfStatus } from './failure.ts'
import { readUpstreamError } from '../errors/upstream-error-body.ts'
import { ClientGone } from '../errors/client-gone.ts'
import { TimeLimitReached } from './time-limits.ts'

const body = Buffer.from('{"error":{"message":"m","code":7}}')
const answered = (status: number, { headers = {}, statusAs = {}, said = {} } = {}) =>
  failureOfStatus({ status, headers }, { ...readUpstreamError(status, body), ...said }, { statusAs, now: 0, forLog: (text) => text })

describe('failureOfStatus', () => {
  it.each([400, 413, 415, 422])('%i is the client’s fault: passed on, never retried', (status) => {
    expect(answered(status)).toMatchObject({ retry: false, health: 'none', error: { status, message: 'm', code: '7' } })
  })

  it.each([401, 402, 403])('%i is about the gateway’s own credential: never the client’s', (status) => {
    expect(answered(status)).toMatchObject({ retry: true, error: { status: 502, code: 'upstream_error' } })
    expect(answered(status).error.message).not.toContain('m,')
  })

  it.each([
    [302, 502],
    [404, 404],
    [408, 502],
    [424, 502],
    [429, 429],
    [498, 502],
    [500, 502],
    [501, 501],
    [503, 503],
    [504, 504],
    [529, 503],
  ])('%i is asked elsewhere, and is %i if nobody else can', (status, final) => {
    expect(answered(status)).toMatchObject({ retry: true, error: { status: final } })
  })

  it('takes the wait from the body where no header says it', () => {
    const said = { retryAfterMs: 4_000 }
    expect(answered(429, { said })).toMatchObject({ error: { retryAfterSeconds: 4 }, asks: { kind: 'pause', hintMs: 4_000 } })
    expect(answered(429, { said, headers: { 'retry-after': '7' } }).error.retryAfterSeconds).toBe(7)
  })

  it('knows a refused credential by the adapter’s word for it, and by the error’s', () => {
    const refused = { retry: true, asks: { kind: 'credential' }, error: { status: 502, code: 'upstream_error' } }
    expect(answered(498, { statusAs: { '498': 401 } })).toMatchObject(refused)
    expect(answered(400, { said: { code: 'invalid_api_key' } })).toMatchObject(refused)
    expect(answered(422, { said: { code: 'invalid_api_key' } })).toMatchObject({ retry: false, error: { status: 422 } })
  })

  it('passes Retry-After on', () => {
    expect(answered(429, { headers: { 'retry-after': '7' } }).error.retryAfterSeconds).toBe(7)
    expect(answered(503, { headers: { 'retry-after-ms': '1500' } }).error.retryAfterSeconds).toBe(2)
  })
})

describe('failureOf', () => {
  it.each([
    [new ClientGone(), { retry: false, health: 'none', error: { status: 499 } }],
    [new TimeLimitReached('connect', 5), { retry: true, health: 'failed', error: { status: 504 } }],
    [new TimeLimitReached('total', 5), { retry: false, health: 'none', error: { status: 504 } }],
    [new UpstreamFault('refused', true, 0), { retry: true, health: 'refused', error: { status: 502 } }],
    [new UpstreamFault('protocol', false, 0), { retry: true, health: 'failed', error: { code: 'upstream_protocol_error' } }],
    [new Error('secret'), { retry: false, error: { code: 'internal_error' } }],
  ])('%s', (error, expected) => {
    expect(failureOf(error)).toMatchObject(expected)
    expect(failureOf(error).error.message).not.toContain('secret')
  })

  it('gives each limit a text of its own', () => {
    const limits = ['connect', 'response', 'firstToken', 'idle', 'total'] as const
    expect(new Set(limits.map((limit) => failureOf(new TimeLimitReached(limit, 5)).error.message)).size).toBe(5)
  })
})
