import { expect, it } from 'vitest'
import { ContentHits, type ContentHitFacts } from './content-hits.ts'
import type { ContentHit, RequestRecord } from './request-record.ts'

const mail: ContentHit = { rule: 'mail', action: 'mask', where: 'request', count: 2 }

function recordOf(id: string, content: readonly ContentHit[] | undefined, principal = 'key'): RequestRecord {
  return {
    id,
    endpoint: 'chat',
    address: '10.0.0.1',
    principal,
    model: 'm',
    stream: false,
    status: 200,
    code: undefined,
    durationMs: 0,
    firstByteMs: undefined,
    overheadMs: undefined,
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
    ...(content === undefined ? {} : { content }),
  }
}

function start(): { hits: ContentHits; told: ContentHitFacts[]; pass: (milliseconds: number) => void } {
  let now = 0
  const told: ContentHitFacts[] = []
  const hits = new ContentHits({ report: (facts) => void told.push(facts), now: () => now })
  return {
    hits,
    told,
    pass: (milliseconds) => {
      now += milliseconds
    },
  }
}

it('tells the first of its kind at once, and what follows within a minute together', () => {
  const { hits, told, pass } = start()
  hits.note(recordOf('a', [mail]))
  expect(told).toEqual([{ ...mail, requestId: 'a', principal: 'key', model: 'm', endpoint: 'chat', address: '10.0.0.1', requests: 1 }])
  pass(59_999)
  hits.note(recordOf('b', [mail]))
  expect(told).toHaveLength(1)
  pass(1)
  hits.note(recordOf('c', [mail]))
  expect(told.slice(1)).toMatchObject([{ requestId: 'c', count: 4, requests: 2 }])
})

it('keeps kinds apart, and tells nothing of requests without a match', () => {
  const { hits, told } = start()
  hits.note(recordOf('a', [mail, { ...mail, where: 'answer' }]))
  hits.note(recordOf('b', [mail], 'other'))
  hits.note(recordOf('c', undefined))
  expect(told.map(({ requestId, where, principal }) => [requestId, where, principal])).toEqual([
    ['a', 'request', 'key'],
    ['a', 'answer', 'key'],
    ['b', 'request', 'other'],
  ])
})

it('tells what is left in the end', () => {
  const { hits, told } = start()
  hits.note(recordOf('a', [mail]))
  hits.note(recordOf('b', [mail]))
  hits.flush()
  hits.flush()
  expect(told.map(({ requestId }) => requestId)).toEqual(['a', 'b'])
})

it('forgets the oldest of too many kinds, and tells what it held of it', () => {
  const { hits, told } = start()
  hits.note(recordOf('a', [mail], 'first'))
  hits.note(recordOf('b', [mail], 'first'))
  for (let index = 0; index < 10_000; index += 1) hits.note(recordOf('x', [mail], `key-${index}`))
  expect(told.filter(({ principal }) => principal === 'first').map(({ requestId }) => requestId)).toEqual(['a', 'b'])
})
