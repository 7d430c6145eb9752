import { expect, it } from 'vitest'
import type { Finding, Verdict } from './finding.ts'
import { formatScorecard, scorecardOf, type Row } from './scorecard.ts'

const judged = (verdict: Verdict, ...findings: readonly Finding[]) => ({ verdict, findings })
const pass = judged('pass', { verdict: 'pass', what: '5 calls of at most 8' })
const settings = ['retry.resume is off', 'retry.attempts is 1']

const rows: readonly Row[] = [
  { id: 'S01', title: 'short', streamed: pass, plain: pass },
  {
    id: 'S02',
    title: 'a longer title',
    streamed: judged('degraded', { verdict: 'degraded', what: '503 overloaded', settings }),
    plain: judged('degraded', { verdict: 'degraded', what: '502', settings: ['retry.attempts is 1'] }),
  },
  {
    id: 'S03',
    title: 'worse',
    streamed: judged('degraded', { verdict: 'degraded', what: 'late', settings: [] }),
    plain: judged('fail', { verdict: 'fail', what: 'no end', settings: ['not shown'] }, { verdict: 'degraded', what: 'late' }),
  },
]

it('counts a scenario by the worse of its two', () => {
  expect(scorecardOf(rows, 20)).toEqual({ speed: 20, rows, counts: { pass: 1, degraded: 1, fail: 1 } })
})

it('is a table in columns, with what to change, each once, or what went wrong', () => {
  expect(formatScorecard(scorecardOf(rows, 20))).toBe(
    `id   scenario        streamed  plain     setting to change
S01  short           pass      pass
S02  a longer title  degraded  degraded  retry.resume is off
                                         retry.attempts is 1
S03  worse           degraded  fail      late
                                         no end

3 scenarios: 1 pass, 1 degraded, 1 fail`,
  )
})
