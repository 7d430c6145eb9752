import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import { addressTable, isInTable, rangesIn } from './address-table.ts'

const v4 = fc.ipV4()
const v6 = fc.ipV6().filter((address) => !address.startsWith('::'))
/** Near each other, so that they meet. */
const near4 = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 255 })).map(([a, b]) => `10.0.${a}.${b}`)
const near6 = fc.integer({ min: 0, max: 0xffff }).map((low) => `2001:db8::${(low & 3).toString(16)}:${low.toString(16)}`)
const ranges4 = fc.tuple(fc.oneof(v4, near4), fc.integer({ min: 0, max: 32 })).map(([address, bits]) => `${address}/${bits}`)
const ranges6 = fc.tuple(fc.oneof(v6, near6), fc.integer({ min: 0, max: 128 })).map(([address, bits]) => `${address}/${bits}`)
const NOW = 1_000

function holds(ranges: readonly string[], address: string): boolean {
  const parsed = ipaddr.parse(address)
  return ranges.some((range) => {
    const [base, bits] = ipaddr.parseCIDR(range)
    return base.kind() === parsed.kind() && parsed.match(base, bits)
  })
}

describe('a table of addresses', () => {
  it('says what ipaddr.js says of each range', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(ranges4, ranges6), { maxLength: 12 }), fc.oneof(v4, v6, near4, near6), (ranges, address) => {
        const table = addressTable(ranges.map((range) => ({ range })))
        expect(isInTable(table, address, NOW)).toBe(holds(ranges, address))
      }),
      { numRuns: 2_000 },
    )
  })

  it('is the same when made of what it says', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(ranges4, ranges6), { maxLength: 12 }), (ranges) => {
        const table = addressTable(ranges.map((range) => ({ range })))
        expect(addressTable(rangesIn(table, NOW).map((range) => ({ range })))).toEqual(table)
      }),
    )
  })

  it('counts a range until its time, and the longest where it stands twice', () => {
    const table = addressTable([
      { range: '10.0.0.0/8', until: NOW },
      { range: '10.1.0.0/16', until: NOW + 1 },
      { range: '10.1.2.3/16', until: NOW - 1 },
      { range: '10.2.0.0/16' },
    ])
    const at = (now: number) => ['10.0.0.1', '10.1.0.1', '10.2.0.1'].map((address) => isInTable(table, address, now))
    expect(at(NOW - 1)).toEqual([true, true, true])
    expect(at(NOW)).toEqual([false, true, true])
    expect(at(NOW + 1)).toEqual([false, false, true])
  })

  it.each([
    ['127.0.0.1', '::ffff:127.0.0.1', true],
    ['::ffff:10.0.0.0/104', '10.9.9.9', true],
    ['::/0', '127.0.0.1', false],
    ['::127.0.0.1', '127.0.0.1', false],
    ['fe80::/10', 'fe80::1', true],
    ['0.0.0.0/0', 'unix', false],
    ['0.0.0.0/0', '', false],
  ])('%s and %s: %s', (range, address, expected) => {
    expect(isInTable(addressTable([{ range }]), address, NOW)).toBe(expected)
  })

  it.each(['', 'x', '10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/8/8', '127.1', '10.0.0.0/-1'])('refuses "%s"', (range) => {
    expect(() => addressTable([{ range }])).toThrow(RangeError)
  })
})
