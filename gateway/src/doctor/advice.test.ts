import { expect, it } from 'vitest'
import { configSchema, type ConfigInput } from '@jairouter/contract/config'
import { compilePolicy } from '../config/compile-policy.ts'
import { adviceOf, breakerOn, inWords, moreAttempts, patience, resumeOn, shorterLimit, somebodyElse, type Advice } from './advice.ts'

function means(defaults: NonNullable<ConfigInput['defaults']>, instances: number) {
  return { policy: compilePolicy([configSchema.parse({ defaults }).defaults]), instances }
}
const said = (advice: Advice, defaults: NonNullable<ConfigInput['defaults']>, instances = 1) =>
  adviceOf([advice], means(defaults, instances), 'S99')

it('wants two attempts', () => {
  expect(said(moreAttempts, { retry: { attempts: 1 } })).toEqual(['retry.attempts is 1: S99 wants 2 or more'])
  expect(said(moreAttempts, { retry: { attempts: 2 } })).toEqual([])
})

it('wants somebody else to ask: a second server and leave to ask it, or a fallback model for that cause', () => {
  const lonely = ['fallback has no model: S99 wants a second server, or another model to fall back to']
  expect(said(somebodyElse('timeout'), {})).toEqual(lonely)
  expect(said(somebodyElse('timeout'), {}, 2)).toEqual([])
  expect(said(somebodyElse('timeout'), { retry: { attempts: 1 } }, 2)).toEqual(['retry.attempts is 1: S99 wants 2 or more'])
  const chain = { fallback: [{ model: 'b' }], retry: { attempts: 1 } }
  expect(said(somebodyElse('timeout'), chain)).toEqual([])
  expect(said(somebodyElse('context-length'), chain)).toEqual(lonely)
  expect(said(somebodyElse('context-length'), { fallback: [{ model: 'b', on: ['any'] }] })).toEqual([])
  expect(said(somebodyElse('timeout'), { fallback: [{ response: { content: 'Busy' } }] })).toEqual(lonely)
})

it('wants patience where there is nobody else', () => {
  expect(said(patience(2_000), { retry: { maxWait: '1999ms' } })).toEqual(['retry.maxWait is 1999ms: S99 wants 2s or more'])
  expect(said(patience(2_000), { retry: { maxWait: '2s' } })).toEqual([])
  expect(said(patience(2_000), { retry: { maxWait: '1s' } }, 2)).toEqual([])
})

it('wants a limit below a time', () => {
  expect(said(shorterLimit('firstToken', 20_000), { timeouts: { firstToken: '20s' } })).toEqual([
    'timeouts.firstToken is 20s: S99 wants less than 20s',
  ])
  expect(said(shorterLimit('firstToken', 20_000), { timeouts: { firstToken: '19999ms' } })).toEqual([])
  expect(said(shorterLimit('response', 100_000), {})).toEqual(['timeouts.response is 2m: S99 wants less than 100s'])
})

it('wants the breaker and resuming', () => {
  expect(said(breakerOn, { breaker: { enabled: false } })).toEqual(['breaker.enabled is false: S99 wants it on'])
  expect(said(breakerOn, {})).toEqual([])
  const { policy } = means({}, 1)
  expect(resumeOn({ policy, instances: 1 }, 'S99')).toBe('retry.resume is off: S99 wants it on')
  const on = { ...policy, retry: { ...policy.retry, resume: true } }
  expect(resumeOn({ policy: on, instances: 1 }, 'S99')).toBeUndefined()
})

it('says durations as a config file does', () => {
  expect([1, 1_500, 2_000, 60_000, 119_000, 120_000, 121_000, 300_000].map(inWords)).toEqual([
    '1ms',
    '1500ms',
    '2s',
    '60s',
    '119s',
    '2m',
    '121s',
    '5m',
  ])
})
