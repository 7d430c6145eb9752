import { describe, expect, it } from 'vitest'
import { hurried, shortened } from './time-scale.ts'

describe('shortened', () => {
  it('divides, in whole milliseconds, and never to nothing', () => {
    expect([shortened(20_000, 50), shortened(1_000, 3), shortened(1, 100), shortened(2_000, 1)]).toEqual([400, 333, 1, 2_000])
  })
})

describe('hurried', () => {
  const timed = { speed: 50, timed: true }
  const untimed = { speed: 50, timed: false }

  it('divides durations, written or parsed, down to what a busy machine needs', () => {
    const written = { timeouts: { connect: '3s', response: '2m', firstToken: '10s', idle: '4s', total: '30m' } }
    const inTime = { timeouts: { connect: '1000ms', response: '2400ms', firstToken: '200ms', idle: '100ms', total: '36000ms' } }
    expect(hurried(written, timed)).toEqual(inTime)
    const parsed = { timeouts: { connect: 3_000, response: 120_000, firstToken: 10_000, idle: 4_000, total: 1_800_000 } }
    expect(hurried(parsed, timed)).toEqual(inTime)
  })

  it('leaves limits of silence long where they are not what is tried', () => {
    const limits = { timeouts: { response: '2m', firstToken: '10s', idle: '4s' } }
    expect(hurried(limits, untimed)).toEqual({ timeouts: { response: '2400ms', firstToken: '2000ms', idle: '2000ms' } })
  })

  it('lengthens nothing', () => {
    const short = { timeouts: { connect: '20ms', response: 90, total: '1s' }, breaker: { openFor: '10ms' } }
    const same = { timeouts: { connect: '20ms', response: '90ms', total: '1000ms' }, breaker: { openFor: '10ms' } }
    expect(hurried(short, timed)).toEqual(same)
    expect(hurried(short, { speed: 1, timed: true })).toEqual(same)
  })

  it('knows all durations of a policy, and leaves all else as it is', () => {
    const policy = {
      balance: 'random',
      hashKeys: ['user'],
      retry: { attempts: 3, budget: 0.2, maxWait: '5s', resume: true },
      breaker: { enabled: true, consecutive: 5, window: '30s', openFor: 5_000, maxOpenFor: '1m' },
      slowStart: 30_000,
      fallback: [{ model: 'a', on: ['any'] }, { cache: { maxAge: '10m' } }, { response: { content: '5s' } }],
      cache: { ttl: '10m', maxEntries: 5, maxBytes: 4_096 },
      queue: { size: 10, timeout: '30s' },
      hedge: { after: '2s', budget: 0.02 },
    }
    expect(hurried(policy, untimed)).toEqual({
      balance: 'random',
      hashKeys: ['user'],
      retry: { attempts: 3, budget: 0.2, maxWait: '100ms', resume: true },
      breaker: { enabled: true, consecutive: 5, window: '600ms', openFor: '100ms', maxOpenFor: '1200ms' },
      slowStart: '600ms',
      fallback: [{ model: 'a', on: ['any'] }, { cache: { maxAge: '12000ms' } }, { response: { content: '5s' } }],
      cache: { ttl: '12000ms', maxEntries: 5, maxBytes: '4096b' },
      queue: { size: 10, timeout: '600ms' },
      hedge: { after: '40ms', budget: 0.02 },
    })
    expect(hurried({ hedge: { after: 'p95' }, cache: { maxBytes: '64mb' } }, timed)).toEqual({
      hedge: { after: 'p95' },
      cache: { maxBytes: '64mb' },
    })
  })

  it('leaves out limits, and what is undefined', () => {
    expect(hurried({ limits: [{ algorithm: 'concurrency', limit: 1 }], balance: undefined, retry: { attempts: 2 } }, timed)).toEqual({
      retry: { attempts: 2 },
    })
  })
})
