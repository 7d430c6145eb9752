import { expect, test } from 'vitest'
import { parseWrkOutput, wrkScript } from './wrk.ts'

const LINE = 'bench-result duration_us=4001234 requests=52310 connect=0 read=1 write=0 timeout=2 status=3 p50_us=612 p99_us=1840'

test('reads the line that the script prints, among the lines of wrk itself', () => {
  const output = `Running 4s test @ http://127.0.0.1:1/\n  1 threads and 32 connections\nRequests/sec: 13075.00\n${LINE}\n`
  expect(parseWrkOutput(output)).toEqual({ requests: 52_310, errors: 6, durationMs: 4001.234, p50Ms: 0.612, p99Ms: 1.84 })
})

test('output without the line is an error that shows what came instead', () => {
  expect(() => parseWrkOutput('unable to connect to 127.0.0.1:1 Connection refused\n')).toThrow(/Connection refused/)
})

test.each(['p99_us=nan', ''])('a line whose p99 is "%s" is an error', (replacement) => {
  expect(() => parseWrkOutput(LINE.replace('p99_us=1840', replacement))).toThrow(/has no p99_us/)
})

test('the script sends the body of a file, and quotes what Lua would misread', () => {
  const script = wrkScript({ bodyFile: String.raw`/tmp/a "b"\c é`, headers: { authorization: 'Bearer k' } })
  expect(script.split('\n').slice(0, 5)).toEqual([
    String.raw`local file = assert(io.open("/tmp/a \"b\"\\c \195\169", "rb"))`,
    'wrk.body = file:read("*a")',
    'file:close()',
    'wrk.method = "POST"',
    'wrk.headers["authorization"] = "Bearer k"',
  ])
})
