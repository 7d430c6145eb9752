import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StoredRow } from '../history/history-row.ts'
import { newRecord } from '../http/relay-handler.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import { classOfFailure, fingerprintOf, hiddenShapes, normalMessage, shapeOfRequest, shapeOfRow } from './fingerprint.ts'

function record(more: Partial<RequestRecord>): RequestRecord {
  return { ...newRecord({ endpoint: 'chat', id: 'r', address: '', startedAt: 0, generation: 1 }), ...more }
}

const attempt = (outcome: string, more: object = {}) => ({ backend: 'gpu-1', outcome, ...more }) as RequestRecord['attempts'][number]

describe('a message', () => {
  it.each([
    ['connect ECONNREFUSED 10.0.0.5:8000', 'connect ECONNREFUSED <host>'],
    ['connect ECONNREFUSED [fe80::1]:8000', 'connect ECONNREFUSED <host>'],
    ['getaddrinfo ENOTFOUND gpu-1.example.com', 'getaddrinfo ENOTFOUND <host>'],
    ['upstream answered 503: no slot for req_8f14e45fceea167a5a36dedd4bea2543', 'upstream answered #: no slot for <id>'],
    ['job 0c6f2a52-3a51-4a3c-9d0a-7d53a2f7c1de took 12.5 s of 3,000 ms', 'job <id> took # s of # ms'],
    ['the text "tell me about my canary prompt" is refused', 'the text … is refused'],
    ['see https://a.test/x?key=canary for more', 'see <url> for more'],
    ['write to ann@example.com', 'write to <mail>'],
    ['bad token: sk-canary12345678', 'bad token: <id>'],
    ['bad token: ***', 'bad token: ***'],
    ['  much\n  room ', 'much room'],
  ])('%s', (message, normal) => {
    expect(normalMessage(message)).toBe(normal)
  })

  it('is the same whatever its numbers are, bounded, and stays as it is when it is read again', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (one, other) => {
        expect(normalMessage(`out of memory: ${one} of ${other}`)).toBe('out of memory: # of #')
      }),
    )
    fc.assert(
      fc.property(fc.string({ maxLength: 500, unit: 'grapheme' }), (text) => {
        const normal = normalMessage(text)
        expect(normal.length).toBeLessThanOrEqual(200)
        expect(normal.isWellFormed()).toBe(true)
      }),
    )
  })

  it('takes no longer for what is made to take long', () => {
    const hard = ['a.'.repeat(40_000), `"${"'".repeat(40_000)}`, 'a-1'.repeat(30_000), ':'.repeat(80_000), '1.'.repeat(40_000)]
    for (const text of hard) expect(normalMessage(text).length).toBeLessThanOrEqual(200)
  })
})

describe('a fingerprint', () => {
  const failed = record({
    model: 'm',
    status: 502,
    code: 'upstream_error',
    attempts: [attempt('upstream_error')],
    cause: new Error('reset 17'),
  })

  it('is the same for requests, and for the rows that they become', () => {
    const shape = shapeOfRequest(failed)
    if (shape === undefined) throw new Error('it has failed')
    expect(shape).toEqual({
      service: 'chat',
      model: 'm',
      backend: 'gpu-1',
      status: 502,
      code: 'upstream_error',
      message: 'reset #',
      hidden: false,
    })
    const other = shapeOfRequest({ ...failed, id: 'other', cause: new Error('reset 18') })
    const row = shapeOfRow({
      service: 'chat',
      model: 'm',
      backend: 'gpu-1',
      status: 502,
      code: 'upstream_error',
      error: 'reset 19',
    } as StoredRow)
    expect([other, row].map((each) => each && fingerprintOf(each))).toEqual([fingerprintOf(shape), fingerprintOf(shape)])
    expect(fingerprintOf(shape)).toMatch(/^[\da-f]{16}$/)
  })

  it.each(['service', 'model', 'backend', 'code', 'message'] as const)('is another with another %s', (field) => {
    const shape = shapeOfRequest(failed)
    if (shape === undefined) throw new Error('it has failed')
    expect(fingerprintOf({ ...shape, [field]: 'other' })).not.toBe(fingerprintOf(shape))
  })

  it('is none of what went well, and of whose client left', () => {
    expect(shapeOfRequest(record({ status: 200 }))).toBeUndefined()
    expect(shapeOfRequest(record({ status: 499, code: 'client_closed' }))).toBeUndefined()
    // A stream that broke off went out as 200.
    expect(shapeOfRequest(record({ status: 200, code: 'stream_interrupted' }))).toBeDefined()
  })

  it('tells whose fault it is', () => {
    const classes = [
      [429, 'rate_limit_exceeded'],
      [400, 'invalid_field'],
      [504, 'upstream_timeout'],
      [503, 'circuit_open'],
      [502, 'upstream_error'],
      [200, 'stream_interrupted'],
    ] as const
    expect(classes.map(([status, code]) => classOfFailure({ status, code }))).toEqual([
      'limited',
      'client',
      'timeout',
      'unavailable',
      'upstream',
      'upstream',
    ])
  })

  it('is there of calls that failed for a request that was answered', () => {
    const answered = record({
      model: 'm',
      status: 200,
      attempts: [attempt('upstream_error', { status: 500, code: 'upstream_error' }), attempt('hedge_lost'), attempt('ok')],
    })
    expect(hiddenShapes(answered)).toMatchObject([{ backend: 'gpu-1', status: 500, code: 'upstream_error', hidden: true }])
  })
})
