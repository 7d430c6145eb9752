import { describe, expect, it } from 'vitest'
import { newRecord } from '../http/relay-handler.ts'
import type { RequestRecord } from './request-record.ts'
import { isSlow, isSlowIn, SLOW_KINDS } from './slow.ts'

const LIMITS = { totalMs: 100, firstTokenMs: 20, betweenTokensMs: 5 }

function record(more: Partial<RequestRecord>): RequestRecord {
  return { ...newRecord({ endpoint: 'chat', id: 'r', address: '', startedAt: 0, generation: 1 }), slow: LIMITS, durationMs: 1, ...more }
}

const withGap = (longestMs: number) => ({ gaps: { count: 2, sumMs: longestMs, longestMs } }) as RequestRecord['attempts'][number]

describe('slow', () => {
  it.each([
    ['at its limit', { durationMs: 100 }, []],
    ['as a whole', { durationMs: 100.1 }, ['total']],
    ['until the first byte of a stream', { stream: true, firstByteMs: 21 }, ['first-token']],
    ['but not until that of an answer in one piece', { stream: false, firstByteMs: 21 }, []],
    ['between two pieces', { stream: true, attempts: [withGap(5), withGap(6)] }, ['between-tokens']],
    ['in all of them', { stream: true, durationMs: 200, firstByteMs: 30, attempts: [withGap(9)] }, [...SLOW_KINDS]],
  ] as const)('%s', (_, more, kinds) => {
    const given = record({ ...more, attempts: 'attempts' in more ? [...more.attempts] : [] })
    expect(SLOW_KINDS.filter((kind) => isSlowIn(given, kind))).toEqual(kinds)
    expect(isSlow(given)).toBe(kinds.length > 0)
  })

  it('is nothing before a policy is known', () => {
    const fresh = newRecord({ endpoint: 'chat', id: 'r', address: '', startedAt: 0, generation: 1 })
    expect(isSlow({ ...fresh, durationMs: 1e12 })).toBe(false)
  })
})
