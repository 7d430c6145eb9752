import { describe, expect, it } from 'vitest'
import { commonFindings, leftoverFindings, rescued } from './common-checks.ts'
import { worstOf } from './finding.ts'
import { attempt, call, EXPECTED, heard, NOTHING_LEFT, observed, record, refused } from './fixtures/observed.ts'
import type { Heard } from './heard.ts'

const answer = (given: Heard, attempts = [attempt('ill', 'reset'), attempt('well', 'ok')]) =>
  observed({ answers: [{ heard: given, expected: EXPECTED }], records: [record(attempts)] })
const inVain = [attempt('ill', 'status_503'), attempt('well', 'status_503')]
const whats = (findings: readonly { readonly verdict: string; readonly what: string }[]) =>
  findings.map(({ verdict, what }) => `${verdict}: ${what}`)

describe('an answer', () => {
  it('that is whole, or a clean error, is believed', () => {
    expect(commonFindings(observed())).toEqual([])
    expect(commonFindings(answer(refused(503, 'overloaded'), inVain))).toEqual([])
  })

  it.each([
    ['hung', 'the answer had no end'],
    ['broken', 'the connection to the client broke without a word'],
    ['silent', 'the answer ended neither properly nor with an error'],
    ['garbled', 'the client got something that makes no sense'],
  ] as const)('that is %s is a failure', (ending, what) => {
    expect(whats(commonFindings(answer(heard({ ending }), inVain)))).toEqual([`fail: ${what}`])
  })

  it('that is cut or another one is a failure where it seems whole', () => {
    expect(whats(commonFindings(answer(heard({ text: EXPECTED.slice(0, -1) }))))).toEqual(['fail: a cut answer was shown as whole'])
    expect(whats(commonFindings(answer(heard({ text: `${EXPECTED}.` }))))).toEqual(['fail: the answer is not the model’s'])
  })

  it('may be the default text where it says so', () => {
    const text = heard({ text: 'Busy', headers: { 'x-jairouter-fallback': 'response' } })
    expect(commonFindings(answer(text, inVain))).toEqual([])
    const cached = heard({ headers: { 'x-jairouter-fallback': 'cache' } })
    expect(commonFindings(answer(cached, inVain))).toEqual([])
  })

  it('that says nothing, or that the gateway itself failed, is a failure', () => {
    expect(whats(commonFindings(answer(refused(503, 'overloaded', { message: '' }), inVain)))).toEqual(['fail: the error says nothing'])
    expect(whats(commonFindings(answer(refused(500, 'internal_error'), inVain)))).toEqual(['fail: the gateway itself failed'])
  })
})

describe('the records', () => {
  it('hold every call of a server', () => {
    const calls = { ill: [call(1), call(2)], rest: [call(3)], spare: [call(4)] }
    expect(whats(commonFindings(observed({ calls })))).toEqual(['fail: 4 calls were made, 2 are recorded'])
  })

  it('have one good attempt for an answer, and none for an error', () => {
    const twice = [attempt('ill', 'ok'), attempt('well', 'ok')]
    expect(whats(commonFindings(answer(heard(), twice)))).toEqual(['fail: 2 attempts of a request are recorded as good ones'])
    expect(whats(commonFindings(answer(heard(), inVain)))).toEqual(['fail: 0 attempts of a request are recorded as good ones'])
    expect(whats(commonFindings(answer(refused(503, 'x'))))).toEqual(['fail: 1 attempts of a request are recorded as good ones'])
    const spare = heard({ headers: { 'x-jairouter-fallback': 'model:spare' } })
    expect(whats(commonFindings(answer(spare, inVain)))).toEqual(['fail: 0 attempts of a request are recorded as good ones'])
  })
})

describe('rescued', () => {
  it('says nothing of a whole answer', () => {
    expect(rescued(observed(), ['a: b'])).toEqual([])
  })

  it('names the error and what to change', () => {
    const [finding] = rescued(answer(refused(503, 'overloaded')), ['retry.attempts is 1'])
    expect(finding).toEqual({ verdict: 'degraded', what: '503 overloaded', settings: ['retry.attempts is 1'] })
    const event = refused(200, 'stream_interrupted')
    expect(rescued(answer(event), [])).toEqual([{ verdict: 'degraded', what: 'an error event stream_interrupted', settings: [] }])
    expect(rescued(answer(refused(501, '')), [])[0]?.what).toBe('501')
  })

  it('does not take a default text for an answer', () => {
    const text = heard({ text: 'Busy', headers: { 'x-jairouter-fallback': 'response' } })
    expect(whats(rescued(answer(text), []))).toEqual(['degraded: the default text in place of an answer'])
  })
})

describe('afterwards', () => {
  it('nothing is left', () => {
    expect(leftoverFindings(NOTHING_LEFT)).toEqual([])
    expect(leftoverFindings({ ...NOTHING_LEFT, after: refused(429, 'rate_limit_exceeded') })).toEqual([])
  })

  it.each([
    [{ unsettled: 1 }, '1 requests were never settled'],
    [{ leases: 1 }, '1 leases are still open'],
    [{ open: ['jairouter_queued 1', 'x 2'] }, 'still counted as open: jairouter_queued 1, x 2'],
    [{ calls: 1 }, '1 calls to servers are still open'],
    [{ sockets: 1 }, '1 connections to servers outlived the gateway'],
    [{ after: heard({ ending: 'hung' }) }, 'the next request was not answered'],
    [{ after: heard({ ending: 'silent' }) }, 'the next request was not answered'],
  ])('%o is a failure', (more, what) => {
    expect(whats(leftoverFindings({ ...NOTHING_LEFT, ...more }))).toEqual([`fail: ${what}`])
  })
})

it('the worst verdict counts', () => {
  expect([worstOf([]), worstOf(['pass', 'pass']), worstOf(['degraded', 'pass']), worstOf(['pass', 'fail', 'degraded'])]).toEqual([
    'pass',
    'pass',
    'degraded',
    'fail',
  ])
})
