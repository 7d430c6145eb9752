import { describe, expect, it } from 'vitest'
import {
  admits,
  BREAKER_SIZE,
  breakerSnapshot,
  breakerStatusOf,
  healthProbePassed,
  isDueToTrip,
  reset,
  settlePermit,
  takePermit,
  type BreakerSettings,
  type BreakerTransition,
  type SettleContext,
  type TripReason,
} from './breaker.ts'

const SETTINGS: BreakerSettings = {
  enabled: true,
  consecutive: 5,
  failureRate: 0.5,
  minimum: 20,
  windowMs: 30_000,
  openForMs: 5_000,
  maxOpenForMs: 30_000,
  probes: 1,
  successes: 3,
}

const fresh = () => new Float64Array(BREAKER_SIZE)
const context = (now: number, over: Partial<SettleContext> = {}): SettleContext => ({
  settings: SETTINGS,
  now,
  random: () => 0,
  mayTrip: () => true,
  ...over,
})

/** One call after the other, a permit each; the transition of the last. */
function call(state: Float64Array, outcomes: string, now: number, over: Partial<SettleContext> = {}): BreakerTransition | undefined {
  let last: BreakerTransition | undefined
  for (const letter of outcomes) {
    const permit = takePermit(state, over.settings ?? SETTINGS, now)
    last = settlePermit(state, permit, letter === '+' ? 'ok' : letter === '-' ? 'failed' : 'ignored', context(now, over))
  }
  return last
}

/** Open since 1,000, by five failures; without jitter until 3,500. */
function opened(over: Partial<SettleContext> = {}): Float64Array {
  const state = fresh()
  call(state, '-----', 1_000, over)
  return state
}

/** Half-open since 3,500; no probe is out. */
function halfOpened(): Float64Array {
  const state = opened()
  call(state, '?', 3_500)
  return state
}

describe('isDueToTrip', () => {
  it('from the failure that would open it, though the pool keeps it closed, until a call goes well', () => {
    const state = fresh()
    const kept = { mayTrip: () => false }
    call(state, '----', 1_000, kept)
    expect(isDueToTrip(state, SETTINGS)).toBe(false)
    call(state, '-', 1_000, kept)
    expect([breakerStatusOf(state), isDueToTrip(state, SETTINGS)]).toEqual(['closed', true])
    expect(isDueToTrip(state, { ...SETTINGS, enabled: false })).toBe(false)
    call(state, '+', 1_000, kept)
    expect(isDueToTrip(state, SETTINGS)).toBe(false)
  })

  it('while it is open or half-open, whatever tripped it', () => {
    const settings = { ...SETTINGS, consecutive: 100 }
    const state = fresh()
    call(state, '-+'.repeat(9) + '--', 1_000, { settings })
    expect([breakerStatusOf(state), isDueToTrip(state, settings)]).toEqual(['open', true])
    expect(isDueToTrip(halfOpened(), { ...SETTINGS, consecutive: 100 })).toBe(true)
  })
})

describe('a closed breaker', () => {
  it('is closed when new, and admits', () => {
    const state = fresh()
    expect(admits(state, SETTINGS, 0)).toBe(true)
    expect(breakerStatusOf(state)).toBe('closed')
    expect(breakerSnapshot(state, SETTINGS, 0)).toEqual({
      status: 'closed',
      reason: undefined,
      consecutiveFailures: 0,
      samples: 0,
      failures: 0,
      failureRate: 0,
      openedAt: undefined,
      nextProbeAt: undefined,
      trips: 0,
    })
  })

  it('trips at the fifth failure in a row', () => {
    const state = fresh()
    expect(call(state, '----', 1_000)).toBeUndefined()
    expect(breakerSnapshot(state, SETTINGS, 1_000)).toMatchObject({ status: 'closed', consecutiveFailures: 4, samples: 4, failures: 4 })
    expect(call(state, '-', 1_000)).toEqual({ from: 'closed', to: 'open', reason: 'consecutive' })
    expect(breakerSnapshot(state, SETTINGS, 1_000)).toEqual({
      status: 'open',
      reason: 'consecutive',
      consecutiveFailures: 5,
      samples: 5,
      failures: 5,
      failureRate: 1,
      openedAt: 1_000,
      nextProbeAt: 3_500,
      trips: 1,
    })
  })

  it('begins the row anew after a success, but not after what is ignored', () => {
    const state = fresh()
    expect(call(state, '----+----', 1_000)).toBeUndefined()
    expect(breakerSnapshot(state, SETTINGS, 1_000)).toMatchObject({ consecutiveFailures: 4, samples: 9, failures: 8 })
    expect(call(state, '??', 1_000)).toBeUndefined()
    expect(breakerSnapshot(state, SETTINGS, 1_000)).toMatchObject({ consecutiveFailures: 4, samples: 9, failures: 8 })
    expect(call(state, '-', 1_000)?.reason).toBe('consecutive')
  })

  it('counts failures in a row however far apart they are', () => {
    const state = fresh()
    for (let minute = 0; minute < 4; minute += 1) expect(call(state, '-', minute * 60_000)).toBeUndefined()
    expect(call(state, '-', 240_000)).toEqual({ from: 'closed', to: 'open', reason: 'consecutive' })
  })

  it('trips at the rate when there are as many calls as it takes, at a failure', () => {
    const state = fresh()
    expect(call(state, '+-+-+-+-+-+-+-+-+-+', 1_000)).toBeUndefined()
    expect(breakerSnapshot(state, SETTINGS, 1_000)).toMatchObject({ samples: 19, failures: 9 })
    expect(call(state, '-', 1_000)).toEqual({ from: 'closed', to: 'open', reason: 'failure-rate' })
    expect(breakerSnapshot(state, SETTINGS, 1_000)).toEqual({
      status: 'open',
      reason: 'failure-rate',
      consecutiveFailures: 1,
      samples: 20,
      failures: 10,
      failureRate: 0.5,
      openedAt: 1_000,
      nextProbeAt: 3_500,
      trips: 1,
    })
  })

  it('does not trip below the rate, nor with too few calls, nor at a success', () => {
    const belowRate = fresh()
    expect(call(belowRate, '+++-+-+-+-+-+-+-+-+-+-', 1_000)).toBeUndefined()
    expect(breakerSnapshot(belowRate, SETTINGS, 1_000)).toMatchObject({ status: 'closed', samples: 22, failures: 10 })
    const tooFew = fresh()
    expect(call(tooFew, '--+--+--+--+--+--+-', 1_000)).toBeUndefined()
    expect(breakerSnapshot(tooFew, SETTINGS, 1_000)).toMatchObject({ status: 'closed', samples: 19, failures: 13 })
    expect(call(tooFew, '+', 1_000)).toBeUndefined()
    expect(breakerSnapshot(tooFew, SETTINGS, 1_000)).toMatchObject({ status: 'closed', samples: 20, failures: 13, failureRate: 0.65 })
    expect(call(tooFew, '-', 1_000)?.reason).toBe('failure-rate')
  })

  it('asks whether it may trip only when a trip is due, and again at each failure', () => {
    const state = fresh()
    const asked: TripReason[] = []
    const mayTrip = (reason: TripReason) => {
      asked.push(reason)
      return false
    }
    call(state, '----', 1_000, { mayTrip })
    expect(asked).toEqual([])
    call(state, '-', 1_000, { mayTrip })
    expect(asked).toEqual(['consecutive'])
    call(state, '-', 1_000, { mayTrip })
    expect(asked).toEqual(['consecutive', 'consecutive'])
    call(state, '++++++++++++++', 1_000, { mayTrip, settings: { ...SETTINGS, failureRate: 0.3 } })
    expect(asked.length).toBe(2)
    call(state, '-', 1_000, { mayTrip, settings: { ...SETTINGS, failureRate: 0.3 } })
    expect(asked).toEqual(['consecutive', 'consecutive', 'failure-rate'])
    expect(breakerSnapshot(state, SETTINGS, 1_000)).toMatchObject({ status: 'closed', samples: 21, failures: 7, trips: 0 })
    expect(call(state, '-', 1_000, { settings: { ...SETTINGS, failureRate: 0.3 } })?.reason).toBe('failure-rate')
  })

  it('may trip for the one reason where it may not for the other', () => {
    const state = fresh()
    const over = { settings: { ...SETTINGS, minimum: 5 }, mayTrip: (reason: TripReason) => reason === 'failure-rate' }
    expect(call(state, '----', 1_000, over)).toBeUndefined()
    expect(call(state, '-', 1_000, over)).toEqual({ from: 'closed', to: 'open', reason: 'failure-rate' })
  })

  it('does not trip on what is an hour old', () => {
    const state = fresh()
    call(state, '--+--+--+--+--+--+-', 1_000)
    expect(call(state, '-', 3_601_000)).toBeUndefined()
    expect(breakerSnapshot(state, SETTINGS, 3_601_000)).toMatchObject({
      status: 'closed',
      consecutiveFailures: 2,
      samples: 1,
      failures: 1,
      failureRate: 1,
    })
  })

  it('lets any number out', () => {
    const state = fresh()
    for (let calls = 0; calls < 100; calls += 1) takePermit(state, SETTINGS, 0)
    expect(admits(state, SETTINGS, 0)).toBe(true)
  })
})

describe('an open breaker', () => {
  it('admits nothing before its time, and one probe then', () => {
    const state = opened()
    const before = state.slice()
    expect(admits(state, SETTINGS, 3_499.9)).toBe(false)
    expect(admits(state, SETTINGS, 3_500)).toBe(true)
    expect(state).toEqual(before)
    const permit = takePermit(state, SETTINGS, 3_600)
    expect(breakerSnapshot(state, SETTINGS, 3_600)).toMatchObject({
      status: 'half-open',
      reason: 'consecutive',
      openedAt: 1_000,
      nextProbeAt: 3_600,
      trips: 1,
    })
    expect(admits(state, SETTINGS, 3_600)).toBe(false)
    expect(settlePermit(state, permit, 'ignored', context(3_600))).toBeUndefined()
    expect(admits(state, SETTINGS, 3_600)).toBe(true)
  })

  it('counts nothing of a call that goes out against its advice', () => {
    const state = opened()
    const before = state.slice()
    for (const outcome of ['ok', 'failed', 'ignored'] as const) {
      expect(settlePermit(state, takePermit(state, SETTINGS, 2_000), outcome, context(2_000))).toBeUndefined()
    }
    expect(state).toEqual(before)
  })

  it('counts nothing of a call from before the trip', () => {
    const state = fresh()
    const permits = [takePermit(state, SETTINGS, 900), takePermit(state, SETTINGS, 900), takePermit(state, SETTINGS, 900)]
    call(state, '-----', 1_000)
    const before = state.slice()
    for (const [index, outcome] of (['ok', 'failed', 'ignored'] as const).entries()) {
      expect(settlePermit(state, permits[index] ?? 0, outcome, context(1_100))).toBeUndefined()
    }
    expect(state).toEqual(before)
  })

  it('goes half-open at once when a health probe passes', () => {
    const state = opened()
    expect(healthProbePassed(state, 1_200)).toEqual({ from: 'open', to: 'half-open', reason: 'health-probe-passed' })
    expect(breakerSnapshot(state, SETTINGS, 1_300)).toMatchObject({
      status: 'half-open',
      reason: 'consecutive',
      openedAt: 1_000,
      nextProbeAt: 1_200,
    })
    expect(admits(state, SETTINGS, 1_200)).toBe(true)
    const half = state.slice()
    expect(healthProbePassed(state, 1_300)).toBeUndefined()
    expect(healthProbePassed(fresh(), 1_300)).toBeUndefined()
    expect(state).toEqual(half)
  })

  it.each([
    [0, 2_500],
    [0.5, 3_750],
    [0.75, 4_375],
    [1 - 2 ** -53, 5_000],
  ])('stays open half of its time and a random part (%d) of the other half', (random, openForMs) => {
    const state = opened({ random: () => random })
    expect(breakerSnapshot(state, SETTINGS, 1_000).nextProbeAt).toBeCloseTo(1_000 + openForMs, 6)
  })

  it('admits a probe when the clock was set back to before the opening', () => {
    const state = opened()
    expect(admits(state, SETTINGS, 1_000)).toBe(false)
    expect(admits(state, SETTINGS, 999)).toBe(true)
    const permit = takePermit(state, SETTINGS, 999)
    expect(breakerSnapshot(state, SETTINGS, 999)).toMatchObject({ status: 'half-open', nextProbeAt: 999 })
    expect(settlePermit(state, permit, 'failed', context(999))?.reason).toBe('probe-failed')
    expect(breakerSnapshot(state, SETTINGS, 999)).toMatchObject({ openedAt: 999, nextProbeAt: 5_999 })
  })

  it('follows a lowered longest time at once', () => {
    const state = opened()
    const settings = { ...SETTINGS, openForMs: 500, maxOpenForMs: 500 }
    expect(admits(state, settings, 1_499)).toBe(false)
    expect(admits(state, settings, 1_500)).toBe(true)
    expect(breakerSnapshot(state, settings, 1_000).nextProbeAt).toBe(1_500)
  })
})

describe('a half-open breaker', () => {
  it('closes after as many successes in a row, and begins anew', () => {
    const state = halfOpened()
    expect(call(state, '++', 3_600)).toBeUndefined()
    expect(breakerStatusOf(state)).toBe('half-open')
    expect(call(state, '?', 3_600)).toBeUndefined()
    expect(call(state, '+', 3_700)).toEqual({ from: 'half-open', to: 'closed', reason: 'probe-passed' })
    expect(breakerSnapshot(state, SETTINGS, 3_700)).toEqual({
      status: 'closed',
      reason: undefined,
      consecutiveFailures: 0,
      samples: 0,
      failures: 0,
      failureRate: 0,
      openedAt: undefined,
      nextProbeAt: undefined,
      trips: 1,
    })
    expect(call(state, '----', 3_700)).toBeUndefined()
    expect(call(state, '-', 3_700)?.reason).toBe('consecutive')
  })

  it('opens again at the first failure, for twice as long, without asking the pool', () => {
    const state = halfOpened()
    call(state, '++', 3_600)
    expect(call(state, '-', 4_000, { mayTrip: () => false })).toEqual({ from: 'half-open', to: 'open', reason: 'probe-failed' })
    expect(breakerSnapshot(state, SETTINGS, 4_000)).toMatchObject({
      status: 'open',
      reason: 'probe-failed',
      consecutiveFailures: 5,
      samples: 5,
      openedAt: 4_000,
      nextProbeAt: 9_000,
      trips: 2,
    })
    expect(call(state, '++', 9_000)).toBeUndefined()
    expect(call(state, '+', 9_000)?.to).toBe('closed')
  })

  it('lets no more out at a time than its places', () => {
    const state = opened()
    const settings = { ...SETTINGS, probes: 3 }
    const permits = [1, 2, 3].map(() => takePermit(state, settings, 3_500))
    const before = state.slice()
    expect(admits(state, settings, 3_500)).toBe(false)
    expect(settlePermit(state, takePermit(state, settings, 3_500), 'failed', context(3_500, { settings }))).toBeUndefined()
    expect(state).toEqual(before)
    expect(settlePermit(state, permits[0] ?? 0, 'ok', context(3_500, { settings }))).toBeUndefined()
    expect(admits(state, settings, 3_500)).toBe(true)
    takePermit(state, settings, 3_500)
    expect(admits(state, settings, 3_500)).toBe(false)
  })

  it('takes late results of an earlier half-open for nothing', () => {
    const state = opened()
    const settings = { ...SETTINGS, probes: 2 }
    const [one, late] = [takePermit(state, settings, 3_500), takePermit(state, settings, 3_500)]
    settlePermit(state, one, 'failed', context(3_500, { settings }))
    const probes = [takePermit(state, settings, 20_000), takePermit(state, settings, 20_000)]
    const before = state.slice()
    for (const outcome of ['ignored', 'failed', 'ok'] as const)
      expect(settlePermit(state, late, outcome, context(20_000, { settings }))).toBeUndefined()
    expect(state).toEqual(before)
    expect(admits(state, settings, 20_000)).toBe(false)
    for (const probe of probes) expect(settlePermit(state, probe, 'ok', context(20_000, { settings }))).toBeUndefined()
    expect(settlePermit(state, takePermit(state, settings, 20_000), 'ok', context(20_000, { settings }))?.to).toBe('closed')
  })

  it('does not owe places where a permit was settled twice', () => {
    const state = halfOpened()
    const permit = takePermit(state, SETTINGS, 3_500)
    settlePermit(state, permit, 'ignored', context(3_500))
    settlePermit(state, permit, 'ignored', context(3_500))
    takePermit(state, SETTINGS, 3_500)
    expect(admits(state, SETTINGS, 3_500)).toBe(false)
  })
})

describe('the back-off', () => {
  it('doubles up to the most, with the jitter below it', () => {
    const state = opened()
    const lengths: (number | undefined)[] = []
    let now = 1_000
    for (let opening = 0; opening < 6; opening += 1) {
      const nextProbeAt = breakerSnapshot(state, SETTINGS, now).nextProbeAt ?? 0
      lengths.push(nextProbeAt - now)
      now = nextProbeAt
      call(state, '-', now)
    }
    expect(lengths).toEqual([2_500, 5_000, 10_000, 15_000, 15_000, 15_000])
    expect(breakerSnapshot(state, SETTINGS, now).trips).toBe(7)
    for (let opening = 0; opening < 1_100; opening += 1) {
      now += 30_000
      call(state, '-', now)
    }
    expect(breakerSnapshot(state, SETTINGS, now).nextProbeAt).toBe(now + 15_000)
  })

  it('does not lose its way where it opens for no time at all', () => {
    const settings = { ...SETTINGS, openForMs: 0 }
    const state = opened({ settings })
    for (let opening = 0; opening < 1_100; opening += 1) call(state, '-', 1_000, { settings })
    expect(breakerSnapshot(state, settings, 1_000)).toMatchObject({ status: 'open', nextProbeAt: 1_000, trips: 1_101 })
    expect(admits(state, settings, 1_000)).toBe(true)
  })

  it.each([
    [63_499, 1, 5_000],
    [63_500, 0, 2_500],
  ])('forgets the trips after a minute closed (again at %i)', (again, trips, openForMs) => {
    const state = halfOpened()
    call(state, '+++', 3_500)
    expect(breakerSnapshot(state, SETTINGS, again).trips).toBe(trips)
    call(state, '-----', again)
    expect(breakerSnapshot(state, SETTINGS, again)).toMatchObject({ status: 'open', nextProbeAt: again + openForMs, trips: trips + 1 })
    // While not closed nothing is forgotten, however long it takes.
    expect(breakerSnapshot(state, SETTINGS, again + 3_600_000).trips).toBe(trips + 1)
    call(state, '-', again + 3_600_000)
    expect(breakerSnapshot(state, SETTINGS, again + 3_600_000).trips).toBe(trips + 2)
  })
})

describe('reset', () => {
  it('closes, forgets, and makes what is out late', () => {
    const state = halfOpened()
    const late = takePermit(state, SETTINGS, 3_500)
    expect(reset(state)).toEqual({ from: 'half-open', to: 'closed', reason: 'reset' })
    expect(breakerSnapshot(state, SETTINGS, 3_500)).toEqual(breakerSnapshot(fresh(), SETTINGS, 3_500))
    expect(settlePermit(state, late, 'failed', context(3_500))).toBeUndefined()
    expect(breakerSnapshot(state, SETTINGS, 3_500)).toMatchObject({ consecutiveFailures: 0, samples: 0 })
    expect(call(state, '-----', 3_500)?.to).toBe('open')
    expect(breakerSnapshot(state, SETTINGS, 3_500)).toMatchObject({ nextProbeAt: 6_000, trips: 1 })
    expect(reset(state)).toEqual({ from: 'open', to: 'closed', reason: 'reset' })
  })

  it('is no transition where it was closed, but forgets', () => {
    const state = fresh()
    const late = takePermit(state, SETTINGS, 0)
    call(state, '----', 0)
    expect(reset(state)).toBeUndefined()
    settlePermit(state, late, 'failed', context(0))
    expect(breakerSnapshot(state, SETTINGS, 0)).toMatchObject({ consecutiveFailures: 0, samples: 0, failures: 0 })
  })
})

describe('a disabled breaker', () => {
  const settings = { ...SETTINGS, enabled: false }

  it('admits everything and counts nothing', () => {
    const state = fresh()
    expect(call(state, '----------', 0, { settings })).toBeUndefined()
    expect(state).toEqual(fresh())
    const open = opened()
    const before = open.slice()
    expect(admits(open, settings, 1_000)).toBe(true)
    expect(call(open, '-+?', 5_000, { settings })).toBeUndefined()
    expect(open).toEqual(before)
    expect(breakerSnapshot(open, settings, 1_000)).toEqual({
      status: 'closed',
      reason: undefined,
      consecutiveFailures: 5,
      samples: 5,
      failures: 5,
      failureRate: 1,
      openedAt: undefined,
      nextProbeAt: undefined,
      trips: 1,
    })
  })

  it('gives the places back of probes that it was disabled under, and judges nothing', () => {
    for (const outcome of ['ok', 'failed', 'ignored'] as const) {
      const state = halfOpened()
      const before = state.slice()
      const permit = takePermit(state, SETTINGS, 3_500)
      expect(settlePermit(state, permit, outcome, context(3_500, { settings }))).toBeUndefined()
      expect(state).toEqual(before)
    }
    const closed = fresh()
    expect(settlePermit(closed, takePermit(closed, SETTINGS, 0), 'failed', context(0, { settings }))).toBeUndefined()
    expect(closed).toEqual(fresh())
  })
})
