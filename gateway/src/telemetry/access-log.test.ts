import { expect, test } from 'vitest'
import { logAccess } from './access-log.ts'
import { createLogger } from './log.ts'
import type { AttemptRecord, RequestRecord } from './request-record.ts'

const RECORD: RequestRecord = {
  id: 'req-1',
  endpoint: 'chat',
  address: '192.0.2.1',
  principal: undefined,
  model: undefined,
  stream: false,
  status: 404,
  code: 'model_not_found',
  durationMs: 1.2345,
  firstByteMs: undefined,
  overheadMs: undefined,
  pausedMs: 0,
  queuedMs: undefined,
  hedge: undefined,
  cache: undefined,
  fallback: undefined,
  usage: undefined,
  attempts: [],
  startedAt: 0,
  resolvedAt: 0,
  slow: { totalMs: 30_000, firstTokenMs: 10_000, betweenTokensMs: 10_000 },
  queuedAt: Number.NaN,
  generation: 1,
  traced: undefined,
  plans: undefined,
  cause: undefined,
}
const ATTEMPT: AttemptRecord = {
  backend: 'gpu',
  model: 'm',
  instance: 'gpu/"m"',
  upstreamModel: '"m"',
  sentAt: 0,
  arrivedAt: 0,
  why: 'first',
  connectedAt: 0,
  headersAt: 0,
  backOffMs: 0,
  code: undefined,
  unsent: false,
  outcome: 'ok',
  status: 200,
  durationMs: 3,
}

function linesOf(record: RequestRecord, level = 'info', sampling: { sample: number; random: () => number } = ALL): string[] {
  const lines: string[] = []
  logAccess(createLogger({ level, destination: { write: (line: string) => lines.push(line) } }), record, { now: 0, ...sampling })
  return lines
}

const ALL = { sample: 1, random: () => 0 }

test('a refused request: what is not known does not stand in the line', () => {
  expect(linesOf(RECORD)).toEqual([
    '{"level":30,"time":"1970-01-01T00:00:00.000Z","id":"req-1","endpoint":"chat","client":"192.0.2.1","status":404,"code":"model_not_found","attempts":0,"ms":1.23,"msg":"request"}\n',
  ])
})

test('a whole one, with names that need escaping', () => {
  const [line] = linesOf({
    ...RECORD,
    principal: 'app',
    model: 'say "hi"\\',
    stream: true,
    status: 200,
    code: undefined,
    firstByteMs: 0.456,
    overheadMs: 0.111,
    usage: { promptTokens: 3, completionTokens: 4, totalTokens: 7, estimated: true },
    attempts: [ATTEMPT],
  })
  expect(JSON.parse(line ?? '')).toEqual({
    level: 30,
    time: '1970-01-01T00:00:00.000Z',
    id: 'req-1',
    endpoint: 'chat',
    model: 'say "hi"\\',
    key: 'app',
    client: '192.0.2.1',
    status: 200,
    stream: true,
    backend: 'gpu',
    upstreamModel: '"m"',
    attempts: 1,
    ms: 1.23,
    firstByteMs: 0.46,
    overheadMs: 0.11,
    tokens: { prompt: 3, completion: 4, estimated: true },
    msg: 'request',
  })
})

test('a failure is a warning, tells its attempts and the chain of causes in one line', () => {
  const cause = new Error('outer\nline', { cause: Object.assign(new Error('inner'), { code: 'ECONNRESET' }) })
  const [line] = linesOf({
    ...RECORD,
    status: 502,
    code: 'upstream_error',
    attempts: [{ ...ATTEMPT, outcome: 'reset', status: undefined }, ATTEMPT],
    cause,
  })
  expect(line?.indexOf('\n')).toBe((line?.length ?? 0) - 1)
  expect(JSON.parse(line ?? '')).toMatchObject({
    level: 40,
    status: 502,
    attempts: [
      { instance: 'gpu/"m"', outcome: 'reset', ms: 3 },
      { instance: 'gpu/"m"', outcome: 'ok', status: 200, ms: 3 },
    ],
    cause: 'outer\nline: inner (ECONNRESET)',
    msg: 'request failed',
  })
})

test('what a backend could only be asked for in words', () => {
  const [line] = linesOf({ ...RECORD, attempts: [{ ...ATTEMPT, degraded: ['response_format'] }] })
  expect(JSON.parse(line ?? '')).toMatchObject({ upstreamModel: '"m"', degraded: ['response_format'], attempts: 1 })
})

test('the level decides', () => {
  expect(linesOf(RECORD, 'warn')).toEqual([])
  expect(linesOf({ ...RECORD, status: 500 }, 'warn')).toHaveLength(1)
  expect(linesOf({ ...RECORD, status: 500 }, 'silent')).toEqual([])
})

test('a share of those that went well, and all that failed', () => {
  const good = { ...RECORD, status: 200, code: undefined }
  const drawn = (random: number) => ({ sample: 0.25, random: () => random })
  expect(linesOf(good, 'info', drawn(0.2))).toHaveLength(1)
  expect(linesOf(good, 'info', drawn(0.25))).toHaveLength(0)
  expect(linesOf(good, 'info', { sample: 0, random: () => 0 })).toHaveLength(0)
  for (const failed of [RECORD, { ...good, status: 503 }, { ...good, status: 499 }, { ...good, code: 'stream_interrupted' }])
    expect(linesOf(failed, 'info', { sample: 0, random: () => 0.9 })).toHaveLength(1)
})

test('a line for each call at debug, with the ids that lead to it', () => {
  const lines = linesOf(
    {
      ...RECORD,
      attempts: [
        { ...ATTEMPT, outcome: 'reset', why: 'first', headersAt: Number.NaN },
        { ...ATTEMPT, why: 'retry' },
      ],
    },
    'debug',
  )
  expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
    { level: 20, id: 'req-1', attempt: 1, why: 'first', instance: 'gpu/"m"', outcome: 'reset', connectedMs: 0, msg: 'attempt' },
    { level: 20, id: 'req-1', attempt: 2, why: 'retry', outcome: 'ok', headersMs: 0 },
    { level: 30, msg: 'request' },
  ])
})
