import * as fc from 'fast-check'
import { BANDS } from '@jairouter/contract/names'
import { describe, expect, it } from 'vitest'
import { FairQueue, type Waiting } from './fair-queue.ts'

interface Entry extends Waiting {
  readonly order: number
}

const LIMITS = { size: 4, bytes: 40 }
const FLOWS = ['a', 'b', 'c']

const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('push' as const),
      band: fc.constantFrom(...BANDS),
      flow: fc.constantFrom(...FLOWS),
      weight: fc.constantFrom(1, 2, 5),
      bytes: fc.nat(15),
      dueInMs: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('next' as const), fitting: fc.subarray(FLOWS) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), pick: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('charge' as const),
      flow: fc.constantFrom(...FLOWS),
      tokens: fc.integer({ min: -50, max: 500 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 4_000, 29_000, 100_000) }) },
)
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never
const events = fc.array(event, { maxLength: 120 })

/** A queue beside a plain list of who should be in it. */
class Run {
  readonly queue = new FairQueue<Entry>(LIMITS)
  waiting: Entry[] = []
  now = 1_000
  #order = 0

  apply(event: Event): void {
    switch (event.kind) {
      case 'push':
        this.#push(event)
        break
      case 'next':
        this.#next(({ flow }) => event.fitting.includes(flow))
        break
      case 'remove':
        this.#remove(event.pick)
        break
      case 'charge':
        this.queue.charge(event.flow, event.tokens, this.now)
        break
      case 'wait':
        this.now += event.ms
    }
    this.#check()
  }

  /** Takes all that are left. */
  empty(): void {
    while (this.waiting.length > 0) this.#next(() => true)
    expect(this.queue.next(this.now, () => true)).toBeUndefined()
  }

  #push({ band, flow, weight, bytes, dueInMs }: Extract<Event, { kind: 'push' }>): void {
    const deadline = dueInMs === undefined ? undefined : this.now + dueInMs
    const entry: Entry = { band, flow, weight, bytes, deadline, queuedAt: this.now, order: this.#order }
    this.#order += 1
    const pushed = this.queue.push(entry, this.now)
    if (pushed.kind === 'full') return
    if (pushed.displaced !== undefined) this.#displaced(pushed.displaced, entry)
    this.waiting.push(entry)
  }

  #displaced(victim: Entry, newcomer: Entry): void {
    const rank = BANDS.indexOf(victim.band)
    const lowest = Math.max(...this.waiting.map(({ band }) => BANDS.indexOf(band)))
    const rivals = this.waiting.filter(({ band, flow }) => band === victim.band && (band !== newcomer.band || flow === victim.flow))
    expect(this.#take(victim)).toBe(true)
    expect(Math.max(...rivals.map(({ order }) => order))).toBe(victim.order)
    expect(rank).toBe(Math.max(lowest, BANDS.indexOf(newcomer.band)))
    if (victim.band === newcomer.band) expect(victim.flow).not.toBe(newcomer.flow)
  }

  #next(fits: (entry: Entry) => boolean): void {
    const next = this.queue.next(this.now, fits)
    if (next === undefined) {
      expect(this.waiting.filter(fits)).toEqual([])
      return
    }
    expect(fits(next)).toBe(true)
    expect(this.#take(next)).toBe(true)
    const due = next.deadline ?? Infinity
    const earlier = this.waiting
      .filter(({ band, flow }) => band === next.band && flow === next.flow)
      .filter(({ deadline = Infinity, order }) => deadline < due || (deadline === due && order < next.order))
    expect(earlier).toEqual([])
  }

  #remove(pick: number): void {
    const entry = this.waiting[pick % Math.max(1, this.waiting.length)]
    if (entry === undefined) return
    expect(this.queue.remove(entry)).toBe(true)
    expect(this.queue.remove(entry)).toBe(false)
    expect(this.#take(entry)).toBe(true)
  }

  /** False where it was not waiting. */
  #take(entry: Entry): boolean {
    const before = this.waiting.length
    this.waiting = this.waiting.filter((one) => one !== entry)
    return this.waiting.length === before - 1
  }

  #check(): void {
    expect(this.queue.size).toBe(this.waiting.length)
    expect(this.queue.bytes).toBe(bytesOf(this.waiting))
    // A band's places can be lent to higher bands only: all from a band downwards have no more than is theirs.
    for (const [index, first] of BANDS.entries()) {
      const below = this.waiting.filter(({ band }) => BANDS.indexOf(band) >= index)
      expect(below.length, first).toBeLessThanOrEqual(LIMITS.size * (BANDS.length - index))
      expect(bytesOf(below), first).toBeLessThanOrEqual(LIMITS.bytes * (BANDS.length - index))
    }
    for (const entry of this.waiting) {
      const above = this.waiting.filter(({ band }) => BANDS.indexOf(band) < BANDS.indexOf(entry.band)).length
      const position = this.queue.position(entry) ?? 0
      expect(position).toBeGreaterThan(above)
      expect(position).toBeLessThanOrEqual(above + this.waiting.filter(({ band }) => band === entry.band).length)
    }
    expect(Number.isFinite(this.queue.expectedWaitMs(this.now))).toBe(true)
  }
}

function bytesOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0)
}

describe('whatever is pushed, taken and removed', () => {
  it('nobody is lost or there twice, no limit is exceeded, and a flow keeps its order', () => {
    fc.assert(
      fc.property(events, (events) => {
        const run = new Run()
        for (const event of events) run.apply(event)
        run.empty()
        expect([run.queue.size, run.queue.bytes]).toEqual([0, 0])
      }),
      { numRuns: 300 },
    )
  })

  it('the first position is that of the next, as long as nobody starves', () => {
    fc.assert(
      fc.property(
        events.map((events) => events.filter(({ kind }) => kind !== 'wait')),
        (events) => {
          const run = new Run()
          for (const event of events) run.apply(event)
          const first = run.waiting.filter((entry) => run.queue.position(entry) === 1)
          expect(first.length).toBe(run.waiting.length === 0 ? 0 : 1)
          expect(run.queue.next(run.now, () => true)).toBe(first[0])
        },
      ),
      { numRuns: 300 },
    )
  })
})

interface Tenant {
  readonly flow: string
  readonly weight: number
  /** Requests for each that can be served. */
  readonly offered: number
}

const SERVERS = 4
const TICK_MS = 10

/** The tokens that each tenant was served in `seconds`, with a queue of 40 and what does not fit in refused. */
function serve(tenants: readonly Tenant[], seed: number, seconds = 60): readonly number[] {
  const queue = new FairQueue<Waiting>({ size: 40, bytes: 1e6 })
  const random = generator(seed)
  const served = new Map<string, number>()
  const running: { readonly flow: string; readonly tokens: number; readonly endsAt: number }[] = []
  for (let now = 0; now < seconds * 1_000; now += TICK_MS) {
    for (let index = running.length - 1; index >= 0; index -= 1) {
      const done = running[index]
      if (done === undefined || done.endsAt > now) continue
      running.splice(index, 1)
      served.set(done.flow, (served.get(done.flow) ?? 0) + done.tokens)
      queue.charge(done.flow, done.tokens, now)
    }
    for (const { flow, weight, offered } of tenants) {
      // 100 to 900 tokens of half a millisecond each: 16 requests in a second.
      for (let due = offered * 16 * (TICK_MS / 1_000); random() < due; due -= 1) {
        queue.push({ band: 'default', flow, weight, bytes: 100, deadline: undefined, queuedAt: now }, now)
      }
    }
    while (running.length < SERVERS) {
      const next = queue.next(now, () => true)
      if (next === undefined) break
      const tokens = 100 + Math.floor(800 * random())
      running.push({ flow: next.flow, tokens, endsAt: now + tokens / 2 })
    }
  }
  return tenants.map(({ flow }) => served.get(flow) ?? 0)
}

/** Lehmer's generator: the same numbers for the same seed. */
function generator(seed: number): () => number {
  let state = 1 + (seed % 2_147_483_646)
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** Jain's index of fairness: 1 when all have the same. */
function jain(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0)
  return sum ** 2 / (values.length * values.reduce((total, value) => total + value ** 2, 0))
}

const seeds = fc.integer({ min: 0, max: 1e9 })

describe('over a minute', () => {
  it('who sends ten times as much is served the same', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const served = serve(
          [
            { flow: 'loud', weight: 1, offered: 10 },
            { flow: 'quiet', weight: 1, offered: 1 },
          ],
          seed,
        )
        const [loud = 0, quiet = 0] = served
        expect(loud / quiet).toBeGreaterThan(0.9)
        expect(loud / quiet).toBeLessThan(1.1)
        expect(jain(served)).toBeGreaterThanOrEqual(0.95)
        // All that four servers can: 2,000 tokens a second each.
        expect(loud + quiet).toBeGreaterThan(0.95 * 4 * 2_000 * 60)
      }),
      { numRuns: 15 },
    )
  })

  it('a weight of three is served three times as much, from whichever side the load comes', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom([10, 1], [2, 2], [1, 10]), (seed, [heavy = 0, light = 0]) => {
        const served = serve(
          [
            { flow: 'heavy', weight: 3, offered: heavy },
            { flow: 'light', weight: 1, offered: light },
          ],
          seed,
        )
        const ratio = (served[0] ?? 0) / (served[1] ?? 0)
        expect(ratio).toBeGreaterThan(2.7)
        expect(ratio).toBeLessThan(3.3)
      }),
      { numRuns: 15 },
    )
  })

  it('who asks for less than a fair share gets all of it', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const [loud = 0, modest = 0] = serve(
          [
            { flow: 'loud', weight: 1, offered: 5 },
            { flow: 'modest', weight: 1, offered: 0.25 },
          ],
          seed,
        )
        // A quarter of 16 requests of 500 tokens in a second, as chance has it.
        expect(modest).toBeGreaterThan(0.75 * 60 * 4 * 500)
        expect(loud + modest).toBeGreaterThan(0.95 * 4 * 2_000 * 60)
      }),
      { numRuns: 10 },
    )
  })

  it('a higher band waits for nobody, and one request of a lower one is served in each bound', () => {
    const queue = new FairQueue<Waiting>({ size: 200, bytes: 1e6 })
    const push = (band: Waiting['band'], flow: string, now: number) =>
      queue.push({ band, flow, weight: 1, bytes: 1, deadline: undefined, queuedAt: now }, now)
    // Many tenants, so that each has a head that is old.
    for (let flow = 0; flow < 100; flow += 1) push('batch', `batch-${flow}`, 0)
    const batchAt: number[] = []
    for (let now = 100; now <= 120_000; now += 100) {
      push('interactive', `person-${(now / 100) % 7}`, now)
      if (queue.next(now, () => true)?.band === 'batch') batchAt.push(now)
    }
    expect(batchAt).toEqual([30_100, 60_200, 90_300])
  })
})
