import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ExplainSettings } from '../config/snapshot.ts'
import { RecentRequests } from './recent-requests.ts'
import type { AttemptRecord, RequestRecord } from './request-record.ts'
import { TraceKeeper } from './trace-keeper.ts'

const SETTINGS: ExplainSettings = { sample: 0, keep: 40, maximumBytes: 1024 ** 2 }

function attempt(more: Partial<AttemptRecord> = {}): AttemptRecord {
  const names = { model: 'm', backend: 'a', instance: 'a/m', upstreamModel: 'm' }
  const times = { sentAt: 1_001, arrivedAt: 1_004, connectedAt: 1_002, headersAt: 1_003, backOffMs: 0, durationMs: 5 }
  return { ...names, ...times, why: 'first', outcome: 'ok', status: 200, code: undefined, unsent: false, ...more }
}

function record(id: string, more: Partial<RequestRecord> = {}): RequestRecord {
  return {
    id,
    endpoint: 'chat',
    address: '192.0.2.1',
    principal: 'app',
    model: 'm',
    stream: false,
    status: 200,
    code: undefined,
    durationMs: 10,
    firstByteMs: 5,
    overheadMs: 1,
    pausedMs: 0,
    queuedMs: undefined,
    hedge: undefined,
    cache: undefined,
    fallback: undefined,
    usage: undefined,
    attempts: [attempt()],
    startedAt: 1_000,
    resolvedAt: 1_000.5,
    slow: { totalMs: 30_000, firstTokenMs: 10_000, betweenTokensMs: 10_000 },
    queuedAt: Number.NaN,
    generation: 1,
    traced: undefined,
    plans: undefined,
    cause: undefined,
    ...more,
  }
}

function keeper(settings: ExplainSettings = SETTINGS, random: () => number = Math.random): TraceKeeper {
  return new TraceKeeper({ settings: () => settings, standing: () => undefined, wallClock: () => 5_000, random })
}

describe('keeps', () => {
  it.each<[string, Partial<RequestRecord>, string[]]>([
    ['a failed one', { status: 502, code: 'upstream_error' }, ['failed']],
    ['one whose stream broke', { code: 'stream_interrupted' }, ['failed']],
    ['a refused one', { status: 429, code: 'rate_limit_exceeded', attempts: [] }, ['refused']],
    ['a slow one', { durationMs: 30_001 }, ['slow']],
    ['a retried one', { attempts: [attempt({ outcome: 'reset' }), attempt({ why: 'retry' })] }, ['retried']],
    ['a hedged one', { hedge: 'lost', attempts: [attempt(), attempt({ why: 'hedge' })] }, ['hedged']],
    ['one that a text answered', { fallback: 'response' }, ['fallen-back']],
    ['one that was drawn', { traced: 'sampled' }, ['sampled']],
  ])('%s', (_name, more, why) => {
    const traces = keeper()
    traces.settled(record('r', more))
    expect(traces.find('r')).toMatchObject({ state: 'kept', trace: { why } })
  })

  it.each<[string, Partial<RequestRecord>]>([
    ['a usual one', {}],
    ['one that was not let in', { status: 401, code: 'invalid_api_key', attempts: [], model: undefined }],
  ])('not %s, and knows that it was', (_name, more) => {
    const traces = keeper()
    traces.settled(record('r', more))
    expect(traces.find('r')).toEqual({ state: 'not-sampled' })
  })

  it('microseconds from the begin, in stages that follow each other', () => {
    const traces = keeper()
    traces.settled(record('r', { status: 502, queuedAt: 1_000.6, queuedMs: 0.3, pausedMs: 0.3 }))
    expect(traces.find('r')).toMatchObject({
      trace: {
        duration: 10_000,
        stages: [
          { name: 'read', from: 0, to: 500 },
          { name: 'admit', from: 500, to: 600 },
          { name: 'queue', from: 600, to: 900 },
          { name: 'ask', from: 1_000, to: 5_000 },
          { name: 'answer', from: 5_000, to: 10_000 },
        ],
        attempts: [{ from: 1_000, connected: 2_000, headers: 3_000, firstToken: 4_000, to: 6_000 }],
      },
    })
  })
})

it('is bounded by number and by size, refused ones in a room of their own; what made room is known to have been there', () => {
  const kinds = fc.constantFrom<Partial<RequestRecord>>({ status: 502 }, { status: 404, attempts: [] }, {})
  const bounds = fc.record({
    sample: fc.constant(0),
    keep: fc.integer({ min: 1, max: 30 }),
    maximumBytes: fc.integer({ min: 1_000, max: 60_000 }),
  })
  fc.assert(
    fc.property(bounds, fc.array(kinds, { maxLength: 200 }), (settings, given) => {
      const traces = keeper(settings)
      for (const [index, more] of given.entries()) traces.settled(record(`r${index}`, more))
      const kept = [...traces.newest()]
      expect(kept.length).toBeLessThanOrEqual(settings.keep + 1)
      expect(kept.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(settings.maximumBytes)
      expect(kept.map(({ sequence }) => sequence)).toEqual(kept.map(({ sequence }) => sequence).toSorted((a, b) => b - a))
      for (const [index, more] of given.entries()) {
        const { state } = traces.find(`r${index}`)
        expect(state === 'not-sampled').toBe(more.status === undefined)
        expect(state).not.toBe('unknown')
      }
    }),
  )
})

it('keeps nothing with keep: 0, and draws none', () => {
  const traces = keeper({ ...SETTINGS, keep: 0, sample: 1 })
  traces.settled(record('r', { status: 502 }))
  expect(traces.find('r')).toEqual({ state: 'not-sampled' })
  expect(Array.from({ length: 500 }, () => traces.draws())).not.toContain(true)
})

it.each([0.001, 0.01, 0.3, 1])('draws the share %d', (sample) => {
  let state = 1
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const traces = keeper({ ...SETTINGS, sample }, random)
  const runs = 200_000
  let drawn = 0
  for (let run = 0; run < runs; run += 1) if (traces.draws()) drawn += 1
  expect(drawn / runs).toBeGreaterThan(sample * 0.8)
  expect(drawn / runs).toBeLessThanOrEqual(sample * 1.2)
})

describe('of the last requests', () => {
  it('knows as many as it may, oldest first', () => {
    const recent = new RecentRequests(3)
    recent.add(record('unknown-model', { model: undefined }))
    for (let index = 0; index < 5; index += 1)
      recent.add(record(`r${index}`, { startedAt: index, usage: { promptTokens: 1, completionTokens: index, totalTokens: index + 1 } }))
    expect(recent.size).toBe(3)
    expect([...recent.all()]).toMatchObject(
      [2, 3, 4].map((index) => ({ id: `r${index}`, at: index, tokens: index + 1, instance: 'a/m', key: 'app' })),
    )
  })

  it('names no instance where none answered, and grows as far as it must', () => {
    const recent = new RecentRequests()
    for (let index = 0; index < 2_000; index += 1)
      recent.add(record(`r${index}`, { startedAt: index, attempts: [attempt({ outcome: 'reset' })] }))
    const all = [...recent.all()]
    expect(all).toHaveLength(2_000)
    expect(all.at(-1)).toMatchObject({ at: 1_999, instance: undefined })
    expect(all[0]).toMatchObject({ at: 0, tokens: 0 })
  })
})
