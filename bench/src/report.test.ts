import { expect, test } from 'vitest'
import type { BenchResult } from './bench-result.ts'
import { checkBounds } from './bounds.ts'
import { reportOf } from './report.ts'
import { sampleWindow } from './fixtures/sample-window.ts'

const RESULT: BenchResult = {
  startedAt: '2030-01-02T03:04:05.000Z',
  commit: 'abc1234',
  changed: true,
  machine: { cpu: 'A processor', cores: 2, memoryBytes: 16e9, kernel: 'Linux 6.1', node: 'v26.10.0' },
  layout: 'target on core 1, load generator and mock on core 0',
  loadGenerator: 'wrk -t1',
  loadAverage: { before: 0.1, after: 1.9 },
  options: {
    rounds: 2,
    seconds: 4,
    scenarios: ['json-small-1', 'json-small-32', 'token-1'],
    short: false,
    profile: false,
    json: undefined,
  },
  targets: ['direct', 'bare', 'gateway'],
  residentAfterStart: { direct: 50e6, bare: 60e6, gateway: 85.25e6 },
  residentAfterLoad: { direct: 50e6, bare: 90e6, gateway: 130e6 },
  windows: [1, 2].flatMap((round) => [
    sampleWindow({ round, scenario: 'json-small-1', target: 'direct', requestsPerSecond: 16_000, p50Ms: 0.05, p99Ms: 0.2 }),
    sampleWindow({ round, scenario: 'json-small-1', target: 'bare', requestsPerSecond: 2000, p50Ms: 0.3, p99Ms: 1, coreShare: 0.4 }),
    sampleWindow({ round, scenario: 'json-small-1', target: 'gateway', requestsPerSecond: 1500, p50Ms: 0.45 + round / 100, p99Ms: 1.2 }),
    sampleWindow({ round, target: 'bare', requestsPerSecond: 10_000, p50Ms: 2, cpuUsPerRequest: 80, coreShare: round === 1 ? 0.8 : 1 }),
    sampleWindow({ round, target: 'gateway', requestsPerSecond: 6000 + round * 100, p50Ms: 4, cpuUsPerRequest: 120 }),
    sampleWindow({ round, scenario: 'token-1', target: 'direct', requestsPerSecond: 150, firstTokenP50Ms: 0.1, firstTokenP99Ms: 0.3 }),
    sampleWindow({ round, scenario: 'token-1', target: 'bare', requestsPerSecond: 140, firstTokenP50Ms: 0.4, firstTokenP99Ms: 0.9 }),
    sampleWindow({ round, scenario: 'token-1', target: 'gateway', requestsPerSecond: 130, firstTokenP50Ms: 1.25, firstTokenP99Ms: 1.8 }),
  ]),
}

test('the whole report', () => {
  const broken = sampleWindow({
    round: 2,
    target: 'gateway',
    void: true,
    errors: 3,
    requests: 9,
    firstError: 'the answer was: http/1.1 502',
  })
  expect(reportOf({ ...RESULT, windows: [...RESULT.windows, broken] })).toMatchInlineSnapshot(`
    "JAiRouter bench, 2030-01-02T03:04:05.000Z, commit abc1234 with changes
    A processor, 2 cores, 16.0 GB, Linux 6.1, Node v26.10.0
    target on core 1, load generator and mock on core 0; wrk -t1; 2 x 4 s windows, interleaved
    load average 0.10 before, 1.90 after; medians of rounds, (lowest..highest; rounds)

    == JSON 0.6 KB, 1 connection (json-small-1)
               requests/s  p50 ms  p99 ms  CPU us  core  others
      direct        16000   0.050   0.200   150.0  100%      1%
      bare           2000   0.300   1.000   150.0   40%      1%
      gateway        1500   0.465   1.200   150.0  100%      1%
      gateway/bare: throughput 0.75 (0.75..0.75; 2), CPU per request 1.00 (1.00..1.00; 2)
      added by bare, ms: p50 0.250 (0.250..0.250; 2), p99 0.800 (0.800..0.800; 2)
      added by gateway, ms: p50 0.415 (0.410..0.420; 2), p99 1.000 (1.000..1.000; 2)

    == JSON 0.6 KB, 32 connections (json-small-32)
               requests/s  p50 ms  p99 ms  CPU us  core  others
      bare          10000   2.000   5.000    80.0   90%      1%
      gateway        6150   4.000   5.000   120.0  100%      1%
      gateway/bare: throughput 0.61 (0.61..0.62; 2), CPU per request 1.50 (1.50..1.50; 2); bare was not at its limit, so compare CPU

    == SSE 200 tokens, the first ahead of the rest, 1 connection (token-1)
               streams/s  p50 ms  p99 ms  token p50  token p99  CPU us  core  others
      direct         150   2.000   5.000      0.100      0.300   150.0  100%      1%
      bare           140   2.000   5.000      0.400      0.900   150.0  100%      1%
      gateway        130   2.000   5.000      1.250      1.800   150.0  100%      1%
      gateway/bare: CPU per request 1.00 (1.00..1.00; 2)
      added by bare, ms: p50 0.000 (0.000..0.000; 2), p99 0.000 (0.000..0.000; 2); token p50 0.300 (0.300..0.300; 2), p99 0.600 (0.600..0.600; 2)
      added by gateway, ms: p50 0.000 (0.000..0.000; 2), p99 0.000 (0.000..0.000; 2); token p50 1.150 (1.150..1.150; 2), p99 1.500 (1.500..1.500; 2)

    == Memory, RSS in MB (2^20 bytes)
               after start  after load
      bare            57.2        85.8
      gateway         81.3       124.0

    == Void windows (a request failed in them; they count nowhere): 1
      round 2, json-small-32, gateway, try 1: 3 failed, 9 answered: the answer was: http/1.1 502

    == Must hold
      PASS  throughput over the bare proxy's, JSON 0.6 KB, 32 connections: 0.61 (must be >= 0.6)
      PASS  added p50 at one connection: 0.415 ms (must be <= 0.5 ms)
      FAIL  added time to first token at one connection: 1.150 ms (must be <= 1 ms)
      PASS  memory (RSS) of the idle gateway: 81.3 MB (must be <= 90 MB)"
  `)
})

test('bounds with figures that hold and one that does not', () => {
  expect(checkBounds(RESULT).map(({ figure, held }) => ({ figure, held }))).toEqual([
    { figure: '0.61', held: true },
    { figure: '0.415 ms', held: true },
    { figure: '1.150 ms', held: false },
    { figure: '81.3 MB', held: true },
  ])
})

test('what was not measured does not hold', () => {
  expect(checkBounds({ ...RESULT, windows: [], residentAfterStart: {} }).map(({ figure, held }) => ({ figure, held }))).toEqual(
    Array.from({ length: 4 }, () => ({ figure: undefined, held: false })),
  )
})

test('what was not asked for is no bound', () => {
  const bounds = checkBounds({ ...RESULT, options: { ...RESULT.options, scenarios: ['sse-16'] } })
  expect(bounds.map(({ title }) => title)).toEqual(['memory (RSS) of the idle gateway'])
})
