import { expect, it } from 'vitest'
import { endpointVerdict } from './endpoint-verdict.ts'
import { answered } from './fixtures/servers.ts'

it.each([
  [400, 'present'],
  [413, 'present'],
  [415, 'present'],
  [422, 'present'],
  [404, 'absent'],
  [405, 'absent'],
  [501, 'absent'],
  [200, 'unknown'],
  [401, 'unknown'],
  [403, 'unknown'],
  [429, 'unknown'],
  [500, 'unknown'],
  [503, 'unknown'],
])('%d: %s', (status, verdict) => {
  expect(endpointVerdict(answered([status]), false)).toEqual({ verdict, status })
})

it('takes a 404 of a path that holds a model’s name for either’s', () => {
  expect(endpointVerdict(answered([404]), true)).toEqual({ verdict: 'unknown', status: 404, reason: 'it or its model is not there' })
  expect(endpointVerdict(answered([405]), true)).toEqual({ verdict: 'absent', status: 405 })
  expect(endpointVerdict(answered([400]), true)).toEqual({ verdict: 'present', status: 400 })
})

it('follows no redirect', () => {
  const redirect = { verdict: 'unknown', reason: 'a redirect, not followed' }
  expect(endpointVerdict(answered([300]), false)).toEqual({ ...redirect, status: 300 })
  expect(endpointVerdict(answered([399]), false)).toEqual({ ...redirect, status: 399 })
})

it('says why there was no answer', () => {
  expect(endpointVerdict({ kind: 'failed', reason: 'it closes the connection', connected: true }, false)).toEqual({
    verdict: 'unknown',
    reason: 'it closes the connection',
  })
})
