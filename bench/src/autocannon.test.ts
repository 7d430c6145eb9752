import { expect, test } from 'vitest'
import { parseAutocannonOutput } from './autocannon.ts'

const RESULT = { '2xx': 8123, non2xx: 2, errors: 3, timeouts: 1, duration: 4.5, latency: { p50: 3, p99: 9, max: 31 } }

test('reads the JSON line', () => {
  expect(parseAutocannonOutput(`noise\n${JSON.stringify(RESULT)}\n`)).toEqual({
    requests: 8123,
    errors: 5,
    durationMs: 4500,
    p50Ms: 3,
    p99Ms: 9,
  })
})

test.each([
  { output: 'Error: no such host', error: /gave no result: Error: no such host/ },
  { output: JSON.stringify({ ...RESULT, latency: {} }), error: /has no latency.p50/ },
])('refuses $output', ({ output, error }) => {
  expect(() => parseAutocannonOutput(output)).toThrow(error)
})
