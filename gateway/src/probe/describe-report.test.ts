import { expect, it } from 'vitest'
import { describeReport } from './describe-report.ts'
import type { Report } from './report.ts'

const REPORT: Report = {
  id: 'desk',
  type: 'openai-compatible',
  url: 'http://127.0.0.1:11434',
  ok: false,
  problems: ['models are missing: llama3', 'something else'],
  warnings: ['first', 'second'],
  reachable: { ok: true, ms: 12 },
  health: { path: '/health', status: 200, verdict: 'ok' },
  authenticated: { verdict: 'accepted', keyGiven: true },
  models: { count: 7, names: ['a', 'b', 'c', 'd', 'e', 'f', 'g'], missing: ['llama3', 'x'], unnamed: ['f', 'g'] },
  endpoints: [
    { endpoint: 'chat', path: '/c', verdict: 'present', status: 400 },
    { endpoint: 'completion', path: '/d', verdict: 'present', status: 422 },
    { endpoint: 'embedding', path: '/e', verdict: 'absent', status: 404 },
    { endpoint: 'rerank', path: '/r', verdict: 'absent', status: 404 },
    { endpoint: 'speech', path: '/s', verdict: 'absent', status: 501 },
    { endpoint: 'transcription', path: '/t', verdict: 'unknown', status: 302, reason: 'a redirect, not followed' },
    { endpoint: 'moderation', path: '/m', verdict: 'unknown', reason: 'not asked' },
  ],
  version: '0.33.0',
  guess: { server: 'Ollama', type: 'ollama', sure: true, because: ['answers /api/version', 'more'] },
  requests: 12,
}

it('says everything', () => {
  expect(describeReport(REPORT)).toBe(`desk  http://127.0.0.1:11434  (type: openai-compatible)
  reachable      yes, in 12 ms
  health         well (/health: 200)
  authenticated  yes, the key is accepted
  models         7: a, b, c, d, e, and 2 more
                 missing, though the config names them: llama3, x
                 not used, since the config does not name them: f, g
  endpoints      present: chat, completion
                 absent: embedding, rerank (404); speech (501)
                 can’t tell: transcription (302, a redirect, not followed); moderation (not asked)
  version        0.33.0
  looks like     Ollama (answers /api/version, more)
  warning        first
  warning        second
  result         models are missing: llama3; something else`)
})

it('leaves out what is not known', () => {
  const { id: _id, type: _type, health: _health, version: _version, guess: _guess, ...rest } = REPORT
  const report: Report = {
    ...rest,
    ok: true,
    problems: [],
    warnings: [],
    authenticated: { verdict: 'not-needed', keyGiven: false },
    models: { reason: '/v1/models answers 404', missing: [], unnamed: [] },
    endpoints: [],
  }
  expect(describeReport(report)).toBe(`http://127.0.0.1:11434
  reachable      yes, in 12 ms
  authenticated  not needed: it answers without a key
  models         can’t tell: /v1/models answers 404
  looks like     nothing that is known
  result         in order`)
})

it('says of what cannot be reached just that', () => {
  const report: Report = {
    ...REPORT,
    reachable: { ok: false, reason: 'nobody listens there' },
    problems: ['not reachable: x'],
    warnings: [],
  }
  expect(describeReport(report)).toBe(`desk  http://127.0.0.1:11434  (type: openai-compatible)
  reachable      no: nobody listens there
  result         not reachable: x`)
})

it.each([
  [{ verdict: 'refused', status: 401, keyGiven: true }, 'no, the key is refused (401)'],
  [{ verdict: 'refused', status: 403, keyGiven: false }, 'no, it wants a key (403), and none is given'],
  [{ verdict: 'not-needed', keyGiven: true }, 'not needed: it answers without the key as well'],
  [{ verdict: 'unknown', keyGiven: true }, 'can’t tell: nothing that was asked shows it'],
] as const)('%j', (authenticated, text) => {
  expect(describeReport({ ...REPORT, authenticated }).split('\n')).toContain(`  authenticated  ${text}`)
})

it.each([
  ['warming', 'still starting'],
  ['failed', 'not well'],
] as const)('says %s in words', (verdict, text) => {
  const lines = describeReport({ ...REPORT, health: { path: '/h', status: 503, verdict } }).split('\n')
  expect(lines).toContain(`  health         ${text} (/h: 503)`)
})

it('counts names only beyond five, and says where there are none', () => {
  const lines = (names: readonly string[]) =>
    describeReport({ ...REPORT, models: { count: names.length, names, missing: [], unnamed: [] } }).split('\n')
  expect(lines(['a', 'b', 'c', 'd', 'e'])).toContain('  models         5: a, b, c, d, e')
  expect(lines(['a', 'b', 'c', 'd', 'e', 'f'])).toContain('  models         6: a, b, c, d, e, and 1 more')
  expect(lines([])).toContain('  models         none')
})

it('marks a guess that is not sure', () => {
  const lines = describeReport({ ...REPORT, guess: { server: 'vLLM', type: 'vllm', sure: false, because: ['answers /version'] } })
  expect(lines).toContain('\n  looks like     perhaps vLLM (answers /version)\n')
})
