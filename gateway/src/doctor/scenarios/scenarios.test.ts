import { describe, expect, it } from 'vitest'
import { configSchema, type ConfigInput } from '@jairouter/contract/config'
import { compilePolicy } from '../../config/compile-policy.ts'
import { attempt, call, EXPECTED, heard, observed, record, refused } from '../fixtures/observed.ts'
import type { Heard } from '../heard.ts'
import type { Observation } from '../observation.ts'
import { mostCalls, probesWithin } from './flapping.ts'
import { SCENARIO_IDS, type ScenarioId } from './scenario.ts'
import { SCENARIOS } from './table.ts'

type Settings = NonNullable<ConfigInput['defaults']>

function judge(id: ScenarioId, more: Partial<Observation> = {}): readonly string[] {
  const scenario = SCENARIOS.find((candidate) => candidate.id === id)
  const findings = scenario?.judge(observed(more)) ?? [{ verdict: 'fail' as const, what: 'there is no such scenario' }]
  return findings.flatMap(({ verdict, what, settings = [] }) => {
    if (verdict === 'pass') return []
    return [`${verdict}: ${what}${settings.map((setting) => ` [${setting}]`).join('')}`]
  })
}

const under = (defaults: Settings) => ({ policy: compilePolicy([configSchema.parse({ defaults }).defaults]) })
const answered = (given: Heard) => ({ answers: [{ heard: given, expected: EXPECTED }] })
const withChain = () => under({ fallback: [{ model: 'spare', on: ['unavailable', 'context-length'] }] })
const nobodyElse = 'fallback has no model: S00 wants a second server, or another model to fall back to'
const lonely = (id: string) => nobodyElse.replace('S00', id)

describe('the table', () => {
  it('has all sixteen, in order', () => {
    expect(SCENARIOS.map(({ id }) => id)).toEqual(SCENARIO_IDS)
    expect(new Set(SCENARIOS.map(({ title }) => title)).size).toBe(16)
  })

  it('finds nothing where another server has answered', () => {
    const ids = SCENARIO_IDS.filter((id) => !['S12', 'S13', 'S15', 'S16'].includes(id))
    expect(ids.flatMap((id) => judge(id))).toEqual([])
  })

  it('divides the times of faults', () => {
    const afters = SCENARIOS.map(({ id, fault }) => [id, fault('streamed', (milliseconds) => milliseconds / 10).after] as const)
    expect(Object.fromEntries(afters.filter(([, after]) => after !== undefined))).toEqual({ S06: 10_000, S07: 2_000, S09: 3_000, S14: 30 })
    expect(SCENARIOS[0]?.fault('plain', (milliseconds) => milliseconds / 10).retryAfter).toBe('200ms')
  })

  it('marks those that are about limits of silence', () => {
    expect(SCENARIOS.filter(({ timed }) => timed).map(({ id }) => id)).toEqual(['S06', 'S07', 'S09'])
  })
})

describe('S01 to S04, refusals', () => {
  it('Retry-After is kept', () => {
    const calls = (gap: number) => ({ calls: { ill: [call(1_000), call(1_000 + gap)], rest: [], spare: [] } })
    expect(judge('S01', calls(198))).toEqual([])
    expect(judge('S01', calls(197))).toEqual(['fail: asked again before Retry-After'])
  })

  it('who asks for mercy is not hammered', () => {
    const calls = (count: number) => ({ calls: { ill: Array.from({ length: count }, (_, at) => call(at)), rest: [], spare: [] } })
    expect([judge('S02', calls(4)), judge('S04', calls(6))]).toEqual([[], []])
    const hammered = (id: string, count: number, most: number) =>
      `degraded: ${count} calls to a server that asked to be left alone [retry.attempts is 3: ${id} wants ${most} or fewer]`
    expect(judge('S02', calls(5))).toEqual([hammered('S02', 5, 4)])
    expect(judge('S04', calls(7))).toEqual([hammered('S04', 7, 6)])
  })

  it('an error is degraded, and says what would have helped', () => {
    const impatient = { ...under({ retry: { attempts: 1, maxWait: '1s' } }), instances: 1, ...answered(refused(429, 'x')) }
    const attempts = (id: string) => `[retry.attempts is 1: ${id} wants 2 or more]`
    expect(judge('S01', impatient)).toEqual([`degraded: 429 x ${attempts('S01')} [retry.maxWait is 1s: S01 wants 2s or more]`])
    expect(judge('S02', impatient)).toEqual([`degraded: 429 x [${lonely('S02')}]`])
    expect(judge('S03', impatient)).toEqual([`degraded: 429 x ${attempts('S03')}`])
    expect(judge('S04', impatient)).toEqual([`degraded: 429 x [${lonely('S04')}]`])
  })
})

describe('S05 to S07, silence', () => {
  const toTheEnd = { calls: { ill: [call(1_000)], rest: [call(2_000)], spare: [] } }
  const firstToken = '[timeouts.firstToken is 60s: S07 wants less than 20s]'

  it('a silent server is given up, and not asked again', () => {
    expect(judge('S06', toTheEnd)).toEqual(['degraded: the silent server was waited for to the end'])
    const plain = { ...toTheEnd, mode: 'plain' as const }
    expect(judge('S06', plain)).toEqual([
      'degraded: the silent server was waited for to the end [timeouts.response is 2m: S06 wants less than 100s]',
    ])
    expect(judge('S06', { calls: { ill: [call(1, true), call(2, true)], rest: [], spare: [] } })).toEqual([
      'degraded: the silent server was asked again',
    ])
  })

  it('names the limit that would strike first', () => {
    const late = (timeouts: Settings['timeouts']) => ({ ...under({ timeouts }), ...toTheEnd })
    expect(judge('S06', late({ firstToken: '100s', response: '3m' }))[0]).toContain(
      '[timeouts.firstToken is 100s: S06 wants less than 100s]',
    )
    expect(judge('S06', late({ firstToken: '3m', response: '100s' }))[0]).toContain('[timeouts.response is 100s: S06 wants less than 100s]')
    expect(judge('S06', late({ firstToken: '99s', response: '3m' }))[0]).not.toContain('[')
  })

  it('a slow first token is not waited for, but a plain answer is', () => {
    expect(judge('S07', toTheEnd)).toEqual([`degraded: the slow server was waited for ${firstToken}`])
    expect(judge('S07', { ...toTheEnd, mode: 'plain' })).toEqual([])
    const timedOut = { ...under({ timeouts: { firstToken: '10s' } }), instances: 1, ...answered(refused(504, 'upstream_timeout')) }
    expect(judge('S07', timedOut)).toEqual([`degraded: 504 upstream_timeout [${lonely('S07')}]`])
  })

  it('a reset is asked elsewhere or again', () => {
    const once = { ...under({ retry: { attempts: 1 } }), ...answered(refused(502, 'upstream_error')) }
    expect(judge('S05', once)).toEqual(['degraded: 502 upstream_error [retry.attempts is 1: S05 wants 2 or more]'])
  })
})

describe('S08 to S11 and S14, streams', () => {
  const broken = answered(refused(200, 'stream_interrupted'))

  it.each(['S08', 'S09', 'S10', 'S14'] as const)('%s wants streams to be resumed, and plain answers asked for elsewhere', (id) => {
    const what = 'degraded: an error event stream_interrupted'
    expect(judge(id, broken)).toEqual([`${what} [retry.resume is off: ${id} wants it on]`])
    expect(judge(id, { ...broken, mode: 'plain' })).toEqual([what])
    expect(judge(id, { ...broken, mode: 'plain', instances: 1 })).toEqual([`${what} [${lonely(id)}]`])
  })

  it('a stream without [DONE] comes with its usage', () => {
    expect(judge('S11', answered(heard({ completionTokens: undefined })))).toEqual(['degraded: the answer came without its usage'])
    expect(judge('S11', answered(heard({ completionTokens: 59 })))).toEqual(['degraded: the answer came without its usage'])
    expect(judge('S11', broken)).toEqual(['degraded: an error event stream_interrupted'])
  })

  it('the refusal of a prefill stays inside', () => {
    const fail = 'fail: the refusal of a prefill that the client never sent has reached it'
    expect(judge('S14', answered(refused(400, 'prefill_not_supported')))).toContain(fail)
    expect(judge('S14', answered(refused(400, 'x', { message: 'no Prefill here' })))).toContain(fail)
  })
})

describe('S12 and S13, verdicts', () => {
  const one = { ill: [call(1)], rest: [], spare: [] }
  const tooLong = { calls: one, ...answered(refused(400, 'context_length_exceeded')) }
  const filtered = { calls: one, ...answered(refused(400, 'content_filter')) }

  it('are passed on as they are', () => {
    expect([judge('S12', tooLong), judge('S13', filtered)]).toEqual([[], []])
    expect(judge('S12', { ...tooLong, ...answered(refused(502, 'context_length_exceeded')) })).toEqual([
      'fail: the client was not told context_length_exceeded',
    ])
    expect(judge('S13', { ...filtered, ...answered(refused(400, 'upstream_error')) })).toEqual([
      'fail: the client was not told content_filter',
    ])
    expect(judge('S13', { ...filtered, ...answered(heard()) })).toEqual(['fail: the client was not told content_filter'])
  })

  it('are not asked for twice', () => {
    const twice = { ill: [call(1), call(2)], rest: [], spare: [] }
    const fail = ['fail: the same request went to the same model 2 times']
    expect(judge('S12', { ...tooLong, calls: twice })).toEqual(fail)
    expect(judge('S13', { ...filtered, calls: twice })).toEqual(fail)
  })

  it('a longer model takes over where the chain has one', () => {
    const served = heard({ headers: { 'x-jairouter-fallback': 'model:spare' } })
    expect(judge('S12', { ...tooLong, ...withChain(), ...answered(served) })).toEqual([])
    expect(judge('S12', { ...tooLong, ...withChain() })).toEqual(['degraded: 400 context_length_exceeded'])
    const text = heard({ headers: { 'x-jairouter-fallback': 'response' } })
    expect(judge('S12', { ...tooLong, ...answered(text) })).toEqual(['degraded: the default text in place of an answer'])
  })

  it('a refusal is not routed around', () => {
    const around = { calls: { ...one, spare: [call(2)] }, ...answered(heard()) }
    expect(judge('S13', around)).toEqual(['fail: the refusal was routed around'])
    const setting = '[fallback[1].on takes refusals in: S13 wants them to reach the client]'
    for (const on of ['any', 'content-filter'] as const) {
      const chain = under({ fallback: [{ model: 'a' }, { model: 'b', on: [on] }] })
      expect(judge('S13', { ...around, ...chain })).toEqual([`degraded: the refusal was routed around ${setting}`])
    }
    const text = { calls: one, ...answered(heard({ headers: { 'x-jairouter-fallback': 'response' } })) }
    expect(judge('S13', text)).toEqual(['fail: the refusal was routed around'])
  })
})

describe('S15, flapping', () => {
  const breaker = { ...compilePolicy([]).breaker, consecutive: 3, openForMs: 100, maxOpenForMs: 600 }
  const outage = (ill: number, more: Partial<Observation> = {}): Partial<Observation> => ({
    breaker,
    illness: { from: 0, to: 1_200 },
    calls: { ill: [...Array.from({ length: ill }, (_, at) => call(at)), call(1_200)], rest: [], spare: [] },
    ...more,
  })

  it('bounds the probes by the shortest rests: half of each, doubling up to the longest', () => {
    expect([49, 50, 149, 150, 349, 350, 650, 950, 1_249, 1_250].map((duration) => probesWithin(duration, breaker))).toEqual([
      0, 1, 1, 2, 2, 3, 4, 5, 5, 6,
    ])
  })

  it('bounds the calls by the breaker, and by the retry budget where there is one server', () => {
    const answers = Array.from({ length: 20 }, () => ({ heard: heard(), expected: EXPECTED }))
    expect(mostCalls(observed(outage(1)))).toEqual({ most: 8, by: 'breaker' })
    expect(mostCalls(observed(outage(1, { answers, instances: 1 })))).toEqual({ most: 27, by: 'retry budget' })
    expect(mostCalls(observed(outage(1, { answers, instances: 1, ...under({ retry: { attempts: 1 } }) })))).toEqual({
      most: 20,
      by: 'retry budget',
    })
    const off = outage(1, { answers, breaker: { ...breaker, enabled: false } })
    expect(mostCalls(observed(off))).toEqual({ most: 20, by: 'number of requests' })
  })

  it('finds calls beyond the bound, and a server that is not used again', () => {
    expect(judge('S15', outage(8))).toEqual([])
    expect(judge('S15', outage(9))).toEqual(['fail: 9 calls to a server that was down, more than the 8 of the breaker'])
    const gone = outage(3)
    const never = { ...gone, calls: { ill: [call(1)], rest: [], spare: [] } }
    expect(judge('S15', never)).toEqual(['degraded: the recovered server was not used again'])
    expect(judge('S15', { ...never, ...under({ breaker: { maxOpenFor: '5m' } }) })).toEqual([
      'degraded: the recovered server was not used again [breaker.maxOpenFor is 5m: S15 wants 30s or less]',
    ])
  })

  it('wants the breaker on, and everybody served', () => {
    const off = { ...under({ breaker: { enabled: false } }), breaker: { ...breaker, enabled: false } }
    expect(judge('S15', outage(1, off))).toEqual([
      'degraded: nothing holds a failing server out [breaker.enabled is false: S15 wants it on]',
    ])
    expect(judge('S15', outage(1, { ...off, instances: 1 }))).toEqual([])
    expect(judge('S15', outage(1, { instances: 1, ...answered(refused(503, 'overloaded')) }))).toEqual([
      `degraded: 503 overloaded [${lonely('S15')}]`,
    ])
  })
})

describe('S16, accounts', () => {
  const sample = (name: string, value: number, labels = {}) => ({ name: `jairouter_${name}`, labels, value })
  const samples = [
    sample('requests_total', 1),
    sample('upstream_attempts_total', 1, { outcome: 'ok' }),
    sample('upstream_attempts_total', 1, { outcome: 'status_503' }),
    sample('tokens_total', 60, { kind: 'completion' }),
    sample('tokens_total', 12, { kind: 'prompt' }),
  ]
  const failed = attempt('ill', 'status_503')
  const good = attempt('well', 'ok')
  const headers = (backend: string, attempts: string) =>
    answered(heard({ headers: { 'x-jairouter-backend': backend, 'x-jairouter-attempts': attempts } }))

  it('name who answered, hold who failed, and count the tokens once', () => {
    expect(judge('S16', { samples })).toEqual([])
  })

  it.each<[string, Partial<Observation>, string]>([
    [
      'the ill one named',
      { records: [record([attempt('well', 'x'), attempt('ill', 'ok')])], ...headers('ill', '2') },
      'the record does not name who answered',
    ],
    ['another one named', headers('ill', '2'), 'the client was told of another server than the one that answered'],
    ['another number', headers('well', '1'), 'the client was told another number of attempts than there were'],
    ['the failed one missing', { records: [record([attempt('other', 'x'), good])] }, 'the attempt that failed is not recorded'],
    ['no usage', answered(heard({ completionTokens: undefined })), 'the answer came without the usage of who answered'],
    [
      'a guess',
      { records: [{ attempts: [failed, good], usage: { promptTokens: 1, completionTokens: 60, totalTokens: 61, estimated: true } }] },
      'the recorded tokens are not those of the answer',
    ],
    ['requests twice', { samples: [...samples, sample('requests_total', 1)] }, 'the metrics count other requests than there were'],
    [
      'attempts twice',
      { samples: [...samples, sample('upstream_attempts_total', 1, { outcome: 'x' })] },
      'the metrics count other attempts than there were',
    ],
    [
      'tokens twice',
      { samples: [...samples, sample('tokens_total', 60, { kind: 'completion' })] },
      'the metrics count other tokens than the records',
    ],
  ])('finds %s', (_, more, what) => {
    expect(judge('S16', { samples, ...more })).toEqual([`fail: ${what}`])
  })

  it('finds failed attempts that count as good', () => {
    const all = [...samples.filter(({ labels }) => !('outcome' in labels)), sample('upstream_attempts_total', 2, { outcome: 'ok' })]
    expect(judge('S16', { samples: all })).toEqual(['fail: the metrics count failed attempts as good'])
  })

  it('asks nothing of an answer that was none', () => {
    const none = { ...answered(refused(503, 'overloaded')), records: [{ attempts: [failed], usage: undefined }], instances: 1 }
    const counts = [sample('requests_total', 1), sample('upstream_attempts_total', 1, { outcome: 'x' })]
    expect(judge('S16', { ...none, samples: counts })).toEqual([`degraded: 503 overloaded [${lonely('S16')}]`])
  })
})
