import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SampleRing, type Sample } from './sample-ring.ts'

const sample = (count: number): Sample => new Map([['a', Float64Array.of(count)]])
const added = (ring: SampleRing, windowMs: number) => ring.over(windowMs).get('a')?.[0] ?? 0

describe('SampleRing', () => {
  it('counts from 0 before its first sample, and nothing where nothing was added', () => {
    const ring = new SampleRing()
    expect(ring.over(60).size).toBe(0)
    ring.add(sample(5), 1_000, 60)
    expect(added(ring, 60)).toBe(5)
    ring.add(sample(5), 1_060, 60)
    expect(added(ring, 60)).toBe(0)
  })

  it('counts from its next sample where nobody has looked for a while', () => {
    const ring = new SampleRing()
    ring.add(sample(5), 0, 60)
    ring.restart()
    ring.add(sample(500), 1_000, 60)
    expect(added(ring, 60)).toBe(0)
    ring.add(sample(503), 1_010, 60)
    expect(added(ring, 60)).toBe(3)
  })

  it('knows a series that began between two samples as a whole', () => {
    const ring = new SampleRing()
    for (let at = 0; at < 200; at += 10) ring.add(new Map(), at, 60)
    ring.add(sample(4), 200, 60)
    expect(added(ring, 60)).toBe(4)
  })

  it('says what came in the window, give or take one look, and keeps no more than it needs', () => {
    const steps = fc.array(fc.record({ wait: fc.integer({ min: 1, max: 30 }), more: fc.nat(5) }), { minLength: 1, maxLength: 100 })
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 100 }), (given, windowMs) => {
        const ring = new SampleRing()
        const events: { at: number; more: number }[] = []
        let [at, count] = [0, 0]
        for (const { wait, more } of given) {
          at += wait
          count += more
          events.push({ at, more })
          ring.add(sample(count), at, windowMs)
          const since = (ms: number) => events.filter((event) => event.at > at - ms).reduce((sum, event) => sum + event.more, 0)
          expect(added(ring, windowMs)).toBeGreaterThanOrEqual(since(windowMs))
          // The look before the window begins at most 30 earlier.
          expect(added(ring, windowMs)).toBeLessThanOrEqual(since(windowMs + 30))
          expect(ring.size).toBeLessThanOrEqual(windowMs + 2)
        }
      }),
    )
  })
})
