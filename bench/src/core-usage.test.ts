import { expect, test } from 'vitest'
import { parseCoreBusyMs } from './core-usage.ts'

const STAT = `cpu  300 3 90 9000 5 7 8 12 0 0
cpu0 100 1 30 4500 2 3 4 5 0 0
cpu1 200 2 60 4500 3 4 4 7 0 0
cpu10 1 1 1 1 1 1 1 1 0 0
intr 12345
`

test.each([
  { core: 0, busyMs: 1360 },
  { core: 1, busyMs: 2690 },
  { core: 10, busyMs: 40 },
  { core: 2, busyMs: undefined },
])('core $core was busy for $busyMs ms', ({ core, busyMs }) => {
  expect(parseCoreBusyMs(STAT, core)).toBe(busyMs)
})
