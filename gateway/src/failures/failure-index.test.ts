import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FailureIndex } from './failure-index.ts'
import { fingerprintOf, type FailureShape } from './fingerprint.ts'

const MINUTE_MS = 60_000
const shape = (code: string): FailureShape => ({ service: 'chat', model: 'm', backend: 'a', status: 502, code, message: '', hidden: false })
const idOf = (code: string) => fingerprintOf(shape(code))

describe('FailureIndex', () => {
  it('counts what is alike, with first and last and the newest examples', () => {
    const index = new FailureIndex()
    for (let at = 1; at <= 7; at += 1) index.add(shape('x'), { id: `r-${at}`, time: at * 1_000 })
    expect(index.all()).toMatchObject([
      { id: idOf('x'), class: 'upstream', count: 7, firstSeen: 1_000, lastSeen: 7_000, examples: ['r-7', 'r-6', 'r-5', 'r-4', 'r-3'] },
    ])
    // What the history tells later of what was before.
    index.add(shape('x'), { id: 'r-0', time: 500 })
    expect(index.get(idOf('x'))).toMatchObject({ count: 8, firstSeen: 500, lastSeen: 7_000 })
  })

  it('forgets the one that was not seen for longest', () => {
    const index = new FailureIndex(2)
    for (const [time, code] of ['a', 'b', 'a', 'c'].entries()) index.add(shape(code), { id: 'r', time })
    expect(index.all().map(({ code }) => code)).toEqual(['a', 'c'])
  })

  it('has the last hour by minutes, as they were, whatever the clock did', () => {
    const times = fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 60 })
    fc.assert(
      fc.property(times, (minutes) => {
        const index = new FailureIndex()
        for (const minute of minutes) index.add(shape('x'), { id: 'r', time: minute * MINUTE_MS })
        const newest = Math.max(0, ...minutes)
        // What is more than an hour older than the newest at its time is not counted by minutes any more.
        let latest = -1
        const expected = Array.from({ length: 60 }, () => 0)
        for (const minute of minutes) {
          latest = Math.max(latest, minute)
          const place = 59 - (newest - minute)
          if (minute > latest - 60 && place >= 0) expected[place] = (expected[place] ?? 0) + 1
        }
        expect(index.minutes(idOf('x'), newest * MINUTE_MS)).toEqual(expected)
      }),
    )
  })

  it('knows how often a minute', () => {
    const index = new FailureIndex()
    for (let at = 0; at < 10; at += 1) index.add(shape('x'), { id: 'r', time: at * 30_000 })
    expect(index.rate(idOf('x'), 300_000, 5 * MINUTE_MS - 1)).toBe(2)
    expect(index.rate(idOf('x'), 300_000, 20 * MINUTE_MS)).toBe(0)
    expect(index.rate('none', 300_000, 0)).toBe(0)
  })
})
