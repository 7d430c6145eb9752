import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { errorClassOf, RateRing } from './rate-ring.ts'
import type { RequestRecord } from './request-record.ts'

function record(more: Partial<RequestRecord> = {}): RequestRecord {
  return {
    id: 'r',
    endpoint: 'chat',
    address: '',
    principal: undefined,
    model: 'm',
    stream: false,
    status: 200,
    code: undefined,
    durationMs: 100,
    firstByteMs: 50,
    overheadMs: 1,
    pausedMs: 0,
    queuedMs: undefined,
    hedge: undefined,
    cache: undefined,
    fallback: undefined,
    usage: undefined,
    attempts: [],
    cause: undefined,
    startedAt: 0,
    resolvedAt: 0,
    slow: { totalMs: 30_000, firstTokenMs: 10_000, betweenTokensMs: 10_000 },
    queuedAt: Number.NaN,
    generation: 1,
    traced: undefined,
    plans: undefined,
    ...more,
  }
}

const attempt = (outcome: string) => ({ outcome }) as RequestRecord['attempts'][number]

describe('RateRing', () => {
  it('has nothing to tell of nothing', () => {
    expect(new RateRing().over(60_000, 5_000)).toMatchObject({
      requests: 0,
      clientSuccess: null,
      attemptSuccess: null,
      durationMs: { p50: null, p95: null },
    })
  })

  it('counts requests and calls apart, and neither whoever left nor who asked for what can’t be against the gateway', () => {
    const ring = new RateRing()
    ring.add(record({ attempts: [attempt('status_500'), attempt('ok')] }), 0)
    ring.add(record({ status: 502, code: 'upstream_error', attempts: [attempt('reset'), attempt('hedge_lost')] }), 0)
    ring.add(record({ status: 499, code: 'client_closed', attempts: [attempt('client_closed')] }), 0)
    ring.add(record({ status: 404, code: 'model_not_found' }), 0)
    expect(ring.over(60_000, 10)).toMatchObject({
      requests: 4,
      clientSuccess: 0.5,
      attempts: 3,
      attemptSuccess: 1 / 3,
      errors: { client: 1, left: 1, upstream: 1, limited: 0 },
    })
  })

  it('forgets after the time that is asked for, and after an hour', () => {
    const ring = new RateRing()
    for (let minute = 0; minute < 120; minute += 1) ring.add(record(), minute * 60_000)
    const now = 119 * 60_000
    expect([ring.over(60_000, now).requests, ring.over(600_000, now).requests, ring.over(3_600_000, now).requests]).toEqual([1, 10, 60])
    expect(ring.over(1e12, now).requests).toBe(60)
    expect(ring.over(3_600_000, now + 86_400_000).requests).toBe(0)
  })

  it('knows percentiles to a tenth', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 2, max: 500_000, noNaN: true }), { minLength: 20, maxLength: 200 }), (times) => {
        const ring = new RateRing()
        for (const durationMs of times) ring.add(record({ durationMs }), 0)
        const sorted = times.toSorted((a, b) => a - b)
        const real = sorted[Math.ceil(times.length * 0.95) - 1] ?? 0
        const { p95 } = ring.over(60_000, 0).durationMs
        expect(Math.abs((p95 ?? 0) - real) / real).toBeLessThan(0.11)
      }),
    )
  })

  it('takes any time for what it is', () => {
    const ring = new RateRing()
    for (const durationMs of [0, -1, Number.NaN, Infinity, 1e12]) ring.add(record({ durationMs }), 0)
    expect(ring.over(60_000, 0).requests).toBe(5)
  })
})

describe('errorClassOf', () => {
  it.each([
    [200, undefined, undefined],
    [200, 'upstream_error', 'upstream'],
    [200, 'client_closed', 'left'],
    [400, 'invalid_request', 'client'],
    [429, 'rate_limit_exceeded', 'limited'],
    [499, 'client_closed', 'left'],
    [500, 'internal_error', 'internal'],
    [502, 'upstream_error', 'upstream'],
    [503, 'circuit_open', 'unavailable'],
    [504, 'upstream_timeout', 'timeout'],
  ])('%i %s is %s', (status, code, expected) => {
    expect(errorClassOf({ status, code })).toBe(expected)
  })
})
