import { describe, expect, it } from 'vitest'
import { UpstreamFault } from '../upstream/upstream-fault.ts'
import { failureInside, failureOf, failureOfStatus } from './failure.ts'
import { readUpstreamError } from '../errors/upstream-error-body.ts'
import { ClientGone } from '../errors/client-gone.ts'
import { TimeLimitReached } from './time-limits.ts'

const body = Buffer.from('{"error":{"message":"m","code":7}}')
const answered = (status: number, { headers = {}, statusAs = {}, codeAs = {}, said = {} } = {}) =>
  failureOfStatus(
    { status, headers },
    { ...readUpstreamError(status, body), ...said },
    { statusAs, codeAs, now: 0, forLog: (text) => text },
  )

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

  it.each(['code', 'type'])(
    'a quota that is used up (in the %s) is asked elsewhere, never here again, and left alone for a minute',
    (field) => {
      for (const word of ['insufficient_quota', 'exceeded_current_quota_error']) {
        const failure = answered(429, { said: { [field]: word } })
        expect(failure).toMatchObject({
          retry: true,
          again: false,
          counts: false,
          error: { status: 429 },
          asks: { kind: 'pause', hintMs: 60_000 },
        })
      }
      expect(answered(429).again).toBe(true)
      expect(answered(429, { said: { code: 'insufficient_quota' }, headers: { 'retry-after': '7' } }).asks).toEqual({
        kind: 'pause',
        hintMs: 7_000,
      })
    },
  )

  it('an empty account is left alone for a minute, or as long as it says', () => {
    expect(answered(402)).toMatchObject({ retry: true, again: false, counts: false, asks: { kind: 'pause', hintMs: 60_000 } })
    expect(answered(402, { headers: { 'retry-after': '7' } }).asks).toEqual({ kind: 'pause', hintMs: 7_000 })
  })

  it('knows a code by the adapter’s table, whatever the status, and nothing that is not in it', () => {
    const codeAs = { '1113': 402 }
    expect(answered(429, { codeAs, said: { code: '1113' } })).toMatchObject({
      status: 402,
      outcome: 'status_402',
      again: false,
      error: { status: 502 },
    })
    for (const code of ['1302', 'constructor', undefined])
      expect(answered(429, { codeAs, said: { code } })).toMatchObject({ status: 429, again: true })
  })

  it('passes Retry-After on', () => {
    expect(answered(429, { headers: { 'retry-after': '7' } }).error.retryAfterSeconds).toBe(7)
    expect(answered(503, { headers: { 'retry-after-ms': '1500' } }).error.retryAfterSeconds).toBe(2)
  })
})

describe('failureInside', () => {
  const inside = (code: string | undefined) =>
    failureInside(
      { message: 'm', type: undefined, param: undefined, code },
      { where: 'in a 200', codeAs: { '1002': 429, '2013': 400, '1026': 402 } },
    )

  it('is a fault of the server, unless its code means a status', () => {
    expect(inside('1000')).toMatchObject({ retry: true, counts: true, outcome: 'upstream_protocol_error', error: { status: 502 } })
    expect(inside(undefined)).toMatchObject({ outcome: 'upstream_protocol_error' })
    expect(inside('1002')).toMatchObject({ retry: true, counts: false, outcome: 'status_429', asks: { kind: 'pause' } })
    expect(inside('2013')).toMatchObject({ retry: false, counts: false, error: { status: 400, message: 'm', code: '2013' } })
  })

  it('a refusal by a filter stays one, whatever its code means', () => {
    expect(inside('1026')).toMatchObject({ retry: false, outcome: 'content_filter' })
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
