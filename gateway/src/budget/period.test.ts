import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTimeZone, periodAt } from './period.ts'

const at = (text: string) => Date.parse(text)
const HOUR = 3_600_000

describe('a period', () => {
  it.each([
    ['2026-08-21T11:00:00Z', 'day', 'UTC', '2026-08-21', '2026-08-21T00:00:00Z', '2026-08-22T00:00:00Z'],
    ['2026-08-21T23:00:00Z', 'day', 'Europe/Berlin', '2026-08-22', '2026-08-21T22:00:00Z', '2026-08-22T22:00:00Z'],
    ['2026-01-01T04:59:59Z', 'month', 'America/New_York', '2025-12', '2025-12-01T05:00:00Z', '2026-01-01T05:00:00Z'],
    // At 00:01 the clocks went back by two hours, and it was the 29th once more.
    ['1988-10-30T02:31:00Z', 'day', 'America/St_Johns', '1988-10-30', '1988-10-30T01:30:00Z', '1988-10-31T03:30:00Z'],
    ['2024-02-29T12:00:00Z', 'month', 'UTC', '2024-02', '2024-02-01T00:00:00Z', '2024-03-01T00:00:00Z'],
  ] as const)('of %s by %s in %s is %s', (time, period, zone, ...rest) => {
    const [name = '', starts = '', ends = ''] = rest
    const { key, startsAt, endsAt } = periodAt(at(time), period, zone)
    expect([key, startsAt, endsAt]).toEqual([name, at(starts), at(ends)])
  })

  it('of a day is as long as the zone has it', () => {
    const lengthOf = (time: string) => {
      const { startsAt, endsAt } = periodAt(at(time), 'day', 'Europe/Berlin')
      return (endsAt - startsAt) / HOUR
    }
    expect(['2026-03-29T12:00:00Z', '2026-10-25T12:00:00Z', '2026-08-21T12:00:00Z'].map(lengthOf)).toEqual([23, 25, 24])
  })

  it('holds its time, and the next begins where it ends, with a key behind it', () => {
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Apia')
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.constantFrom('day' as const, 'month' as const), zones, (time, kind, zone) => {
        const period = periodAt(time, kind, zone)
        expect(period.startsAt).toBeLessThanOrEqual(time)
        expect(period.endsAt).toBeGreaterThan(time)
        const next = periodAt(period.endsAt, kind, zone)
        expect(next.startsAt).toBe(period.endsAt)
        expect(next.key > period.key).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('knows zones', () => {
    expect(['UTC', 'Europe/Berlin', 'Nowhere/Else', '', 'x y'].map(isTimeZone)).toEqual([true, true, false, false, false])
  })
})
