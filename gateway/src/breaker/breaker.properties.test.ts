import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  admits,
  BREAKER_SIZE,
  breakerSnapshot,
  breakerStatusOf,
  healthProbePassed,
  reset,
  settlePermit,
  takePermit,
  type BreakerSettings,
  type BreakerStatus,
} from './breaker.ts'

const settings = fc
  .record({
    enabled: fc.constant(true),
    consecutive: fc.integer({ min: 1, max: 6 }),
    failureRate: fc.double({ min: 0.1, max: 1, noNaN: true }),
    minimum: fc.integer({ min: 1, max: 20 }),
    windowMs: fc.integer({ min: 100, max: 60_000 }),
    openForMs: fc.integer({ min: 1, max: 10_000 }),
    growth: fc.integer({ min: 0, max: 60_000 }),
    probes: fc.integer({ min: 1, max: 4 }),
    successes: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ growth, ...rest }): BreakerSettings => ({ ...rest, maxOpenForMs: rest.openForMs + growth }))

const OUTCOMES = ['ok', 'failed', 'ignored'] as const

/** `pick` says which of the permits that are out is settled, so that results come in any order and as late as can be. */
const event = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('take' as const) }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('settle' as const), pick: fc.nat(), outcome: fc.constantFrom(...OUTCOMES) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: -20_000, max: 70_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('health-probe' as const, 'reset' as const) }) },
)
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never
const events = fc.array(event, { maxLength: 150 })

interface Out {
  readonly permit: number
  /** The stay in a status that it was taken in, by the test's own count; -1 where it was taken against advice. */
  readonly stay: number
}

/** A breaker with what a caller knows of it: which permits are out, and how often the status has changed. */
class Run {
  readonly state = new Float64Array(BREAKER_SIZE)
  readonly settings: BreakerSettings
  readonly mayTrip: () => boolean
  readonly random: () => number
  out: Out[] = []
  stay = 0
  passed = 0
  now = 1e6

  constructor(settings: BreakerSettings, random: () => number, mayTrip: () => boolean) {
    this.settings = settings
    this.random = random
    this.mayTrip = mayTrip
  }

  get probesOut(): number {
    return this.out.filter(({ stay }) => stay === this.stay).length
  }

  apply(event: Event): void {
    switch (event.kind) {
      case 'take':
        this.#take()
        break
      case 'settle':
        this.#settle(event.pick, event.outcome)
        break
      case 'wait':
        this.now = Math.max(0, this.now + event.ms)
        break
      case 'health-probe':
        this.#expectChange(breakerStatusOf(this.state), healthProbePassed(this.state, this.now))
        break
      case 'reset':
        reset(this.state)
        this.#enter()
    }
  }

  #take(): void {
    const isAdvised = admits(this.state, this.settings, this.now)
    const before = breakerStatusOf(this.state)
    const permit = takePermit(this.state, this.settings, this.now)
    const after = breakerStatusOf(this.state)
    expect(after).toBe(before === 'open' && isAdvised ? 'half-open' : before)
    if (after !== before) this.#enter()
    this.out.push({ permit, stay: isAdvised ? this.stay : -1 })
  }

  #settle(pick: number, outcome: (typeof OUTCOMES)[number]): void {
    const index = this.out.length === 0 ? -1 : pick % this.out.length
    const [settled] = this.out.splice(index, index < 0 ? 0 : 1)
    if (settled === undefined) return
    const before = breakerStatusOf(this.state)
    const untouched = this.state.slice()
    const transition = settlePermit(this.state, settled.permit, outcome, this)
    if (settled.stay !== this.stay) {
      expect(transition).toBeUndefined()
      expect(this.state).toEqual(untouched)
    } else if (before === 'half-open') {
      if (outcome === 'ok') this.passed += 1
      const to = outcome === 'failed' ? 'open' : this.passed >= this.settings.successes ? 'closed' : undefined
      expect(transition?.to).toBe(to)
    }
    this.#expectChange(before, transition)
  }

  #expectChange(before: BreakerStatus, transition: { from: BreakerStatus; to: BreakerStatus } | undefined): void {
    const after = breakerStatusOf(this.state)
    expect(transition === undefined ? [before, before] : [transition.from, transition.to]).toEqual([before, after])
    if (after !== before) this.#enter()
  }

  #enter(): void {
    this.stay += 1
    this.passed = 0
  }
}

function runAll(
  options: { readonly settings: BreakerSettings; readonly draw: number; readonly mayTrip?: () => boolean },
  events: readonly Event[],
  check: (run: Run) => void,
): void {
  const run = new Run(options.settings, () => options.draw, options.mayTrip ?? (() => true))
  for (const event of events) {
    run.apply(event)
    check(run)
  }
}

const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('whatever comes, in whatever order and however late', () => {
  it('lets exactly the probes out that a half-open breaker has places for', () => {
    fc.assert(
      fc.property(settings, draw, events, (settings, draw, events) => {
        runAll({ settings, draw }, events, (run) => {
          if (breakerStatusOf(run.state) !== 'half-open') return
          expect(run.probesOut).toBeLessThanOrEqual(settings.probes)
          expect(admits(run.state, settings, run.now)).toBe(run.probesOut < settings.probes)
        })
      }),
      { numRuns: 300 },
    )
  })

  it('never counts below zero, nor more failures than calls', () => {
    fc.assert(
      fc.property(settings, draw, events, (settings, draw, events) => {
        runAll({ settings, draw }, events, ({ state, now }) => {
          expect(state.every((number) => number >= 0 && Number.isFinite(number))).toBe(true)
          const { samples, failures, failureRate, consecutiveFailures, trips } = breakerSnapshot(state, settings, now)
          expect(failures).toBeLessThanOrEqual(samples)
          expect(failureRate).toBe(samples === 0 ? 0 : failures / samples)
          for (const count of [samples, failures, consecutiveFailures, trips]) expect(count).toSatisfy(Number.isInteger)
        })
      }),
      { numRuns: 200 },
    )
  })

  it('stays closed while it may not trip', () => {
    fc.assert(
      fc.property(settings, draw, events, (settings, draw, events) => {
        runAll({ settings, draw, mayTrip: () => false }, events, ({ state, now }) => {
          expect(breakerStatusOf(state)).toBe('closed')
          expect(admits(state, settings, now)).toBe(true)
        })
      }),
      { numRuns: 200 },
    )
  })

  it('opens for at least half of openForMs and at most maxOpenForMs, and never waits longer from any moment on', () => {
    fc.assert(
      fc.property(settings, draw, events, (settings, draw, events) => {
        let stay = -1
        runAll({ settings, draw }, events, (run) => {
          const { status, openedAt = 0, nextProbeAt = 0 } = breakerSnapshot(run.state, settings, run.now)
          if (status !== 'open') return
          if (run.stay !== stay) expect(openedAt).toBe(run.now)
          stay = run.stay
          // Sums with a large `now` are not exact.
          expect(nextProbeAt - openedAt).toBeGreaterThanOrEqual(settings.openForMs / 2 - 1e-6)
          expect(nextProbeAt - openedAt).toBeLessThanOrEqual(settings.maxOpenForMs + 1e-6)
          // Who asks before it opened, by a clock that was set back since, is let through: that wait is over.
          const waits = !admits(run.state, settings, run.now)
          if (waits) expect(admits(run.state, settings, run.now + settings.maxOpenForMs)).toBe(true)
          expect(admits(run.state, settings, 0)).toBe(openedAt > 0)
        })
      }),
      { numRuns: 200 },
    )
  })

  it('has an empty window after an hour of idleness, and closes after exactly the missing successes', () => {
    fc.assert(
      fc.property(settings, draw, events, (settings, draw, events) => {
        const run = new Run(
          settings,
          () => draw,
          () => true,
        )
        for (const event of events) run.apply(event)
        const later = Math.max(run.now, 2e7) + 3_600_000
        expect(breakerSnapshot(run.state, settings, later)).toMatchObject({ samples: 0, failures: 0, failureRate: 0 })
        run.now = later
        while (run.out.length > 0) run.apply({ kind: 'settle', pick: 0, outcome: 'ignored' })
        expect(admits(run.state, settings, later)).toBe(true)
        if (breakerStatusOf(run.state) === 'open') run.apply({ kind: 'take' })
        while (run.out.length > 0) run.apply({ kind: 'settle', pick: 0, outcome: 'ignored' })
        const missing = breakerStatusOf(run.state) === 'half-open' ? settings.successes - run.passed : 0
        for (let probe = 1; probe <= missing; probe += 1) {
          expect(breakerStatusOf(run.state)).toBe('half-open')
          run.apply({ kind: 'take' })
          run.apply({ kind: 'settle', pick: 0, outcome: 'ok' })
        }
        expect(breakerStatusOf(run.state)).toBe('closed')
      }),
      { numRuns: 200 },
    )
  })
})
