import { expect, test } from 'vitest'
import { parseUsage, readUsage } from './process-usage.ts'

const STATUS = 'Name:\tnode\nVmPeak:\t 1000000 kB\nVmRSS:\t   61234 kB\nThreads:\t11\n'

test.each([{ name: 'node' }, { name: 'a) R 9 (b c' }])('CPU time and memory of a process named "$name"', ({ name }) => {
  const stat = `4711 (${name}) S 1 4711 4711 0 -1 4194304 100 0 5 0 321 45 7 8 20 0 11 0 12345 1000 15000 18446744073709551615\n`
  expect(parseUsage(stat, STATUS)).toEqual({ cpuMs: 3660, residentBytes: 61_234 * 1024 })
})

test.each([
  { stat: '', status: STATUS },
  { stat: '1 (node) S 1 1 1 0 -1 4194304 100 0 5 0 321 45 7 8', status: 'Name:\tnode\n' },
])('other texts are refused', ({ stat, status }) => {
  expect(() => parseUsage(stat, status)).toThrow('not the texts of /proc')
})

test.skipIf(process.platform !== 'linux')('reads this very process', () => {
  const usage = readUsage(process.pid)
  expect(usage?.residentBytes).toBeGreaterThan(1_000_000)
  expect(usage?.cpuMs).toBeGreaterThan(0)
})

test('a process that does not exist has no usage', () => {
  expect(readUsage(2 ** 30)).toBeUndefined()
})
