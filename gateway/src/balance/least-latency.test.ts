import { describe, expect, it } from 'vitest'
import { MEMORY_SIZE, type Candidate } from './chooser.ts'
import { LATENCY_SIZE, noteAsked, recordLatency } from './latency.ts'
import { leastLatency } from './least-latency.ts'

const NOW = 1e6

interface Draft {
  readonly weight?: number
  readonly inFlight?: number
  /** Undefined: never answered. */
  readonly sampleMs?: number
  /** Before NOW. */
  readonly sampledAgoMs?: number
  readonly askedAgoMs?: number
}

function candidate({ weight = 1, inFlight = 0, sampleMs, sampledAgoMs = 0, askedAgoMs }: Draft): Candidate {
  const latency = new Float64Array(LATENCY_SIZE)
  if (sampleMs !== undefined) recordLatency(latency, sampleMs, NOW - sampledAgoMs)
  if (askedAgoMs !== undefined) noteAsked(latency, NOW - askedAgoMs)
  return { weight, inFlight, seed: 0, memory: new Float64Array(MEMORY_SIZE), latency }
}

/** Who is chosen, at the two ends of what can be drawn; they differ only in a tie. */
function choices(...drafts: readonly Draft[]): number[] {
  return [1 - 2 ** -53, 0].map((draw) => leastLatency(drafts.map(candidate), { random: () => draw, hash: 0, now: NOW }))
}

describe('leastLatency', () => {
  it.each<[string, Draft[], number]>([
    ['the quickest', [{ sampleMs: 200 }, { sampleMs: 100 }, { sampleMs: 150 }], 1],
    ['by open leases, + 1 for this one', [{ sampleMs: 100, inFlight: 2 }, { sampleMs: 299 }], 1],
    ['the busy one where it is quick enough', [{ sampleMs: 100, inFlight: 2 }, { sampleMs: 301 }], 0],
    ['by weight', [{ sampleMs: 100 }, { sampleMs: 301, weight: 3 }], 0],
    ['the heavy one where it is not too slow', [{ sampleMs: 100 }, { sampleMs: 299, weight: 3 }], 1],
    ['of unknown ones by open leases and weight', [{ inFlight: 2 }, { inFlight: 1 }, { inFlight: 4, weight: 3 }], 2],
  ])('takes %s', (_, drafts, expected) => {
    expect(choices(...drafts)).toEqual([expected, expected])
  })

  it('has nothing to note where there is nobody', () => {
    expect(leastLatency([], { random: () => 0, hash: 0, now: NOW })).toBe(0)
  })

  it('draws among equals', () => {
    expect(choices({}, {})).toEqual([0, 1])
    expect(choices({ sampleMs: 100, inFlight: 2 }, { sampleMs: 300 })).toEqual([0, 1])
    expect(choices({ sampleMs: 100 }, { sampleMs: 300, weight: 3 })).toEqual([0, 1])
  })

  it('lets what is known of one that is not asked fade', () => {
    const busy = { sampleMs: 100, inFlight: 3 }
    expect(choices(busy, { sampleMs: 800, sampledAgoMs: 9_990 })).toEqual([0, 0])
    expect(choices(busy, { sampleMs: 800, sampledAgoMs: 10_010 })).toEqual([1, 1])
    expect(choices(busy, { sampleMs: 800, sampledAgoMs: 10_010, askedAgoMs: 9_990 })).toEqual([0, 0])
  })

  it('lets it fade to the lowest of the pool, not below', () => {
    const best = { sampleMs: 100 }
    expect(choices(best, { sampleMs: 800, sampledAgoMs: 29_990 })).toEqual([0, 0])
    expect(choices(best, { sampleMs: 800, sampledAgoMs: 30_010 })).toEqual([0, 1])
    expect(choices(best, { sampleMs: 800, sampledAgoMs: 900_000 })).toEqual([0, 1])
    expect(choices({ sampleMs: 300 }, best, { sampleMs: 800, sampledAgoMs: 900_000 })).toEqual([1, 2])
  })

  it('asks a new one at once, and gives it the mean of the others until it answers', () => {
    const others = [
      { sampleMs: 100, inFlight: 3 },
      { sampleMs: 300, inFlight: 3 },
    ]
    expect(choices(...others, {})).toEqual([2, 2])
    // The mean is 200: it is worth as much as the best with three open while it has one itself.
    expect(choices(...others, { inFlight: 1, askedAgoMs: 0 })).toEqual([0, 2])
    expect(choices(...others, { inFlight: 2, askedAgoMs: 0 })).toEqual([0, 0])
    expect(choices(...others, {}, { inFlight: 1, askedAgoMs: 0 })).toEqual([2, 2])
  })

  it('does not send a new one everything', () => {
    const present = [candidate({ sampleMs: 100 }), candidate({ sampleMs: 120 }), candidate({})]
    const counts = [0, 0, 0]
    for (let request = 0; request < 30; request += 1) {
      const index = leastLatency(present, { random: () => 0, hash: 0, now: NOW })
      counts[index] = (counts[index] ?? 0) + 1
      const chosen = present[index]
      if (chosen !== undefined) present[index] = { ...chosen, inFlight: chosen.inFlight + 1 }
    }
    expect(counts).toEqual([11, 9, 10])
  })

  it('notes who was asked, and that only', () => {
    const present = [candidate({ sampleMs: 100 }), candidate({ sampleMs: 200 })]
    const before = present.map(({ latency }) => latency.slice())
    expect(leastLatency(present, { random: () => 0, hash: 0, now: NOW + 5 })).toBe(0)
    const expected = before[0]
    if (expected !== undefined) noteAsked(expected, NOW + 5)
    expect(present.map(({ latency }) => latency)).toEqual(before)
    expect(present.map(({ memory }) => [...memory])).toEqual([[0], [0]])
  })

  it('asks one that hangs no more often than it fades, though it never answers', () => {
    const present = [candidate({ sampleMs: 100 }), candidate({ sampleMs: 800 })]
    let asked = 0
    for (let now = NOW; now < NOW + 300_000; now += 100) {
      for (const { latency } of present.slice(0, 1)) recordLatency(latency, 100, now)
      asked += leastLatency(present, { random: () => 0, hash: 0, now })
    }
    expect(asked).toBe(9)
  })
})
