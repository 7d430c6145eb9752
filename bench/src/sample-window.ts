import type { Window } from './window.ts'

/** For tests: a valid window of the gateway, with some fields otherwise. */
export function sampleWindow(fields: Partial<Window>): Window {
  return {
    round: 1,
    scenario: 'json-small-32',
    target: 'gateway',
    attempt: 1,
    void: false,
    requests: 24_000,
    errors: 0,
    durationMs: 4000,
    p50Ms: 2,
    p99Ms: 5,
    requestsPerSecond: 6000,
    cpuUsPerRequest: 150,
    coreShare: 1,
    otherShare: 0.01,
    residentBytes: 80_000_000,
    ...fields,
  }
}
