import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  HEALTH_SIZE,
  nextProbeDelayMs,
  recordProbe,
  recordRefusal,
  recordTraffic,
  recoveredAt,
  snapshotOf,
  statusOf,
  type HealthStatus,
  type Transition,
} from './health.ts'

const EVENTS = ['probe ok', 'probe warming', 'probe failed', 'refused', 'traffic ok', 'traffic failed'] as const
type Event = (typeof EVENTS)[number]

const THRESHOLDS = { unhealthyAfter: 3, healthyAfter: 2 }

function apply(state: Float64Array, event: Event, now: number, thresholds = THRESHOLDS): Transition | undefined {
  switch (event) {
    case 'probe ok':
      return recordProbe(state, 'ok', thresholds, now)
    case 'probe warming':
      return recordProbe(state, 'warming', thresholds, now)
    case 'probe failed':
      return recordProbe(state, 'failed', thresholds, now)
    case 'refused':
      return recordRefusal(state, now)
    case 'traffic ok':
      return recordTraffic(state, 'ok', thresholds, now)
    case 'traffic failed':
      return recordTraffic(state, 'failed', thresholds, now)
  }
}

/** Applies the events at 1, 2, 3 ... and gives the vector. */
function after(...events: Event[]): Float64Array {
  const state = new Float64Array(HEALTH_SIZE)
  for (const [index, event] of events.entries()) apply(state, event, index + 1)
  return state
}

const repeat = (event: Event, times: number) => Array.from({ length: times }, () => event)

const HISTORIES: Readonly<Record<HealthStatus, readonly Event[]>> = {
  unknown: [],
  healthy: ['probe ok'],
  warming: ['probe warming'],
  unhealthy: ['refused'],
}

describe('one event', () => {
  it.each<[HealthStatus, Event, HealthStatus]>([
    ['unknown', 'probe ok', 'healthy'],
    ['unknown', 'probe warming', 'warming'],
    ['unknown', 'probe failed', 'unknown'],
    ['unknown', 'refused', 'unhealthy'],
    ['unknown', 'traffic ok', 'healthy'],
    ['unknown', 'traffic failed', 'unknown'],
    ['healthy', 'probe ok', 'healthy'],
    ['healthy', 'probe warming', 'warming'],
    ['healthy', 'probe failed', 'healthy'],
    ['healthy', 'refused', 'unhealthy'],
    ['healthy', 'traffic ok', 'healthy'],
    ['healthy', 'traffic failed', 'healthy'],
    ['warming', 'probe ok', 'healthy'],
    ['warming', 'probe warming', 'warming'],
    ['warming', 'probe failed', 'warming'],
    ['warming', 'refused', 'unhealthy'],
    ['warming', 'traffic ok', 'healthy'],
    ['warming', 'traffic failed', 'warming'],
    ['unhealthy', 'probe ok', 'unhealthy'],
    ['unhealthy', 'probe warming', 'warming'],
    ['unhealthy', 'probe failed', 'unhealthy'],
    ['unhealthy', 'refused', 'unhealthy'],
    ['unhealthy', 'traffic ok', 'unhealthy'],
    ['unhealthy', 'traffic failed', 'unhealthy'],
  ])('%s, %s: %s', (from, event, to) => {
    const state = after(...HISTORIES[from])
    expect(statusOf(state)).toBe(from)
    expect(apply(state, event, 100)).toEqual(from === to ? undefined : { from, to })
    expect(statusOf(state)).toBe(to)
    expect(snapshotOf(state).since).toBe(from === to ? HISTORIES[from].length : 100)
  })
})

describe('thresholds', () => {
  const counts = fc.record({ unhealthyAfter: fc.integer({ min: 1, max: 20 }), healthyAfter: fc.integer({ min: 1, max: 20 }) })
  const failing = fc.constantFrom<Event>('probe failed', 'traffic failed')

  it.each(['unknown', 'healthy', 'warming'] as const)('take a %s one out after exactly unhealthyAfter failures', (status) => {
    fc.assert(
      fc.property(counts, status === 'warming' ? fc.constant<Event>('probe failed') : failing, (thresholds, event) => {
        const state = after(...HISTORIES[status])
        for (let count = 1; count < thresholds.unhealthyAfter; count += 1) expect(apply(state, event, 5, thresholds)).toBeUndefined()
        expect(apply(state, event, 6, thresholds)).toEqual({ from: status, to: 'unhealthy' })
        expect(snapshotOf(state)).toMatchObject({ consecutiveFailures: thresholds.unhealthyAfter, consecutiveSuccesses: 0 })
      }),
    )
  })

  it('bring an unhealthy one back after exactly healthyAfter good probes in a row', () => {
    const interruption = fc.constantFrom<Event>('probe failed', 'refused')
    fc.assert(
      fc.property(counts, fc.nat(30), interruption, (thresholds, before, interruption) => {
        const state = after(...repeat('probe ok', before), 'refused')
        for (let round = 0; round < 2; round += 1) {
          for (let count = 1; count < thresholds.healthyAfter; count += 1) expect(apply(state, 'probe ok', 5, thresholds)).toBeUndefined()
          if (round === 0) expect(apply(state, interruption, 5, thresholds)).toBeUndefined()
        }
        expect(apply(state, 'probe ok', 6, thresholds)).toEqual({ from: 'unhealthy', to: 'healthy' })
      }),
    )
  })
})

describe('what counts against what', () => {
  it.each<[string, Event[], HealthStatus]>([
    ['a good probe clears failed probes', ['probe failed', 'probe failed', 'probe ok', 'probe failed', 'probe failed'], 'healthy'],
    ['so does a loading one', ['probe failed', 'probe failed', 'probe warming', 'probe failed', 'probe failed'], 'warming'],
    ['so does a good answer', ['probe failed', 'probe failed', 'traffic ok', 'probe failed', 'probe failed'], 'healthy'],
    ['a good answer clears failed ones', ['traffic failed', 'traffic failed', 'traffic ok', 'traffic failed', 'traffic failed'], 'healthy'],
    ['a good probe does not', ['probe ok', 'traffic failed', 'probe ok', 'traffic failed', 'probe ok', 'traffic failed'], 'unhealthy'],
    ['not even the first', ['traffic failed', 'traffic failed', 'probe ok', 'traffic failed'], 'unhealthy'],
    ['probes and traffic count apart', ['traffic failed', 'traffic failed', 'probe failed', 'probe failed'], 'unknown'],
    ['good probes before the fall do not heal', [...repeat('probe ok', 9), ...repeat('traffic failed', 3), 'probe ok'], 'unhealthy'],
    ['a late answer does not heal', ['probe ok', 'refused', 'probe ok', 'traffic ok'], 'unhealthy'],
    ['nor does a late failure hinder', ['probe ok', 'refused', 'probe ok', 'traffic failed', 'probe ok'], 'healthy'],
    ['one that loads may fail', ['probe warming', ...repeat('traffic failed', 9)], 'warming'],
    [
      'one that has loaded begins anew',
      ['probe ok', 'traffic failed', 'traffic failed', 'probe warming', 'probe ok', 'traffic failed'],
      'healthy',
    ],
    ['so does one that is back', [...repeat('traffic failed', 3), 'probe ok', 'probe ok', 'traffic failed', 'traffic failed'], 'healthy'],
    ['loading again starts the good probes anew', ['refused', 'probe ok', 'probe warming', 'refused', 'probe ok'], 'unhealthy'],
  ])('%s', (_, events, expected) => {
    expect(statusOf(after(...events))).toBe(expected)
  })
})

describe('recoveredAt', () => {
  it.each<[string, Event[], number]>([
    ['never asked', [], 0],
    ['well from the start', ['probe ok', 'probe ok'], 0],
    ['loading at the start', ['probe warming', 'probe ok'], 0],
    ['failed once, never down', ['probe ok', 'probe failed', 'probe ok'], 0],
    ['still down', ['probe ok', 'refused', 'probe ok'], 0],
    ['back from unhealthy', ['probe ok', 'refused', 'probe ok', 'probe ok', 'probe ok'], 4],
    ['down at the start', ['refused', 'probe ok', 'probe ok'], 3],
    ['back through loading', ['probe ok', 'refused', 'probe warming', 'probe ok'], 4],
    ['back through loading, by an answer', ['probe ok', 'refused', 'probe warming', 'traffic ok'], 4],
    ['loading again after it served', ['probe ok', 'probe warming', 'probe ok'], 3],
    ['loading, lost, loading at the start', ['probe warming', 'refused', 'probe warming', 'probe ok'], 4],
    ['the last of several', ['probe ok', 'refused', 'probe ok', 'probe ok', 'probe warming', 'probe ok'], 6],
  ])('%s', (_, events, expected) => {
    expect(recoveredAt(after(...events))).toBe(expected)
  })
})

it('shows the whole state', () => {
  expect(snapshotOf(after())).toEqual({ status: 'unknown', since: 0, consecutiveFailures: 0, consecutiveSuccesses: 0, recoveredAt: 0 })
  expect(snapshotOf(after('probe ok', 'probe warming'))).toMatchObject({ status: 'warming', consecutiveSuccesses: 0 })
  expect(snapshotOf(after('probe ok', 'refused', 'probe ok', 'probe ok', 'traffic failed'))).toEqual({
    status: 'healthy',
    since: 4,
    consecutiveFailures: 1,
    consecutiveSuccesses: 2,
    recoveredAt: 4,
  })
})

it('reads a vector that is too short as unknown', () => {
  expect(snapshotOf(new Float64Array(0))).toMatchObject({ status: 'unknown', since: 0 })
})

describe('any history', () => {
  const history = fc.array(fc.record({ event: fc.constantFrom(...EVENTS), now: fc.nat(1_000_000) }), { maxLength: 200 })

  it('holds no number below 0, says each change once, and ends where its transitions end', () => {
    fc.assert(
      fc.property(history, (history) => {
        const state = new Float64Array(HEALTH_SIZE)
        let status: HealthStatus = 'unknown'
        for (const { event, now } of history) {
          const transition = apply(state, event, now)
          if (transition !== undefined) {
            expect(transition.from).toBe(status)
            expect(transition.to).not.toBe(status)
            status = transition.to
          }
          expect(statusOf(state)).toBe(status)
          expect([...state].every((number) => Number.isInteger(number) && number >= 0)).toBe(true)
        }
      }),
    )
  })

  it('takes the same course whatever the clock says', () => {
    fc.assert(
      fc.property(history, (history) => {
        const [stepping, steady] = [new Float64Array(HEALTH_SIZE), new Float64Array(HEALTH_SIZE)]
        for (const [index, { event, now }] of history.entries()) {
          expect(apply(stepping, event, now)).toEqual(apply(steady, event, index + 1))
        }
        const { since: _since, recoveredAt: _recoveredAt, ...counts } = snapshotOf(stepping)
        expect(snapshotOf(steady)).toMatchObject(counts)
      }),
    )
  })

  it('is healthy again after healthyAfter good probes', () => {
    fc.assert(
      fc.property(history, (history) => {
        const state = new Float64Array(HEALTH_SIZE)
        for (const { event, now } of history) apply(state, event, now)
        for (let probe = 0; probe < THRESHOLDS.healthyAfter; probe += 1) apply(state, 'probe ok', 1)
        expect(statusOf(state)).toBe('healthy')
      }),
    )
  })
})

describe('nextProbeDelayMs', () => {
  const middle = () => 0.5

  it.each<[name: string, status: HealthStatus, times: { intervalMs: number; unhealthyForMs: number; passed: number }, expected: number]>([
    ['healthy', 'healthy', { intervalMs: 10_000, unhealthyForMs: 0, passed: 7 }, 10_000],
    ['unknown', 'unknown', { intervalMs: 10_000, unhealthyForMs: 0, passed: 0 }, 10_000],
    ['warming', 'warming', { intervalMs: 10_000, unhealthyForMs: 0, passed: 1 }, 10_000],
    ['just down', 'unhealthy', { intervalMs: 10_000, unhealthyForMs: 0, passed: 0 }, 2_000],
    ['down for almost a minute', 'unhealthy', { intervalMs: 10_000, unhealthyForMs: 59_999, passed: 0 }, 2_000],
    ['down for a minute', 'unhealthy', { intervalMs: 10_000, unhealthyForMs: 60_000, passed: 0 }, 10_000],
    ['down for a minute, and one probe well', 'unhealthy', { intervalMs: 10_000, unhealthyForMs: 60_000, passed: 1 }, 500],
    ['just down, and one probe well', 'unhealthy', { intervalMs: 10_000, unhealthyForMs: 0, passed: 1 }, 500],
    ['one probe well, with a short interval', 'unhealthy', { intervalMs: 300, unhealthyForMs: 60_000, passed: 1 }, 300],
    ['down, with a short interval', 'unhealthy', { intervalMs: 500, unhealthyForMs: 0, passed: 0 }, 500],
    ['clock set back', 'unhealthy', { intervalMs: 10_000, unhealthyForMs: -1, passed: 0 }, 10_000],
  ])('%s', (_, status, times, expected) => {
    expect(nextProbeDelayMs({ status, ...times, random: middle })).toBeCloseTo(expected, 6)
  })

  it('stays within 10 % on both sides and uses all of it', () => {
    const delay = (random: number) =>
      nextProbeDelayMs({ status: 'healthy', intervalMs: 1_000, unhealthyForMs: 0, passed: 0, random: () => random })
    expect(delay(0)).toBeCloseTo(900, 6)
    expect(delay(1 - 2 ** -53)).toBeCloseTo(1_100, 6)
  })
})
