import { expect, test } from 'vitest'
import { toWindow } from './window.ts'

const FRAME = { round: 2, scenario: 'sse-16', target: 'nginx', attempt: 1 } as const
const LOAD = { requests: 2000, errors: 0, durationMs: 4000, p50Ms: 1, p99Ms: 2 }

test('figures per second and per request', () => {
  expect(toWindow(FRAME, LOAD, { cpuMs: 3000, coreBusyMs: 3200, residentBytes: 7_000_000 })).toEqual({
    ...FRAME,
    ...LOAD,
    void: false,
    requestsPerSecond: 500,
    cpuUsPerRequest: 1500,
    coreShare: 0.75,
    otherShare: 0.05,
    residentBytes: 7_000_000,
  })
})

test('without /proc there is no CPU time', () => {
  expect(toWindow(FRAME, LOAD, undefined)).toMatchObject({
    cpuUsPerRequest: undefined,
    coreShare: undefined,
    otherShare: undefined,
    residentBytes: undefined,
  })
})

test.each([{ errors: 1 }, { requests: 0 }])('a window with %j is void', (fields) => {
  expect(toWindow(FRAME, { ...LOAD, ...fields }, undefined).void).toBe(true)
})
