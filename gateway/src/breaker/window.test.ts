import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addSample, clearWindow, readWindow, WINDOW_SIZE } from './window.ts'

const WINDOW_MS = 1_000
const at = (now: number, windowMs = WINDOW_MS) => ({ now, windowMs })
const fresh = () => new Float64Array(WINDOW_SIZE)

describe('window', () => {
  it('adds up what failed and what did not', () => {
    const state = fresh()
    expect(readWindow(state, at(0))).toEqual({ samples: 0, failures: 0 })
    addSample(state, true, at(0))
    addSample(state, false, at(0))
    addSample(state, false, at(950))
    expect(readWindow(state, at(950))).toEqual({ samples: 3, failures: 1 })
  })

  it('lets a bucket go when the window has passed over it, without any traffic', () => {
    const state = fresh()
    addSample(state, true, at(199))
    addSample(state, true, at(200))
    expect(readWindow(state, at(1_099))).toEqual({ samples: 2, failures: 2 })
    expect(readWindow(state, at(1_100))).toEqual({ samples: 1, failures: 1 })
    expect(readWindow(state, at(1_199))).toEqual({ samples: 1, failures: 1 })
    expect(readWindow(state, at(1_200))).toEqual({ samples: 0, failures: 0 })
  })

  it('clears a bucket of an earlier round before it is used again', () => {
    const state = fresh()
    addSample(state, true, at(250))
    addSample(state, true, at(250))
    addSample(state, false, at(1_250))
    expect(readWindow(state, at(1_250))).toEqual({ samples: 1, failures: 0 })
    addSample(state, true, at(11_299))
    expect(readWindow(state, at(11_299))).toEqual({ samples: 1, failures: 1 })
  })

  it('does not take what is ahead of a clock that was set back for the present', () => {
    const state = fresh()
    addSample(state, true, at(5_250))
    expect(readWindow(state, at(5_199))).toEqual({ samples: 0, failures: 0 })
    addSample(state, false, at(250))
    expect(readWindow(state, at(250))).toEqual({ samples: 1, failures: 0 })
  })

  it('begins anew where its length was changed', () => {
    const state = fresh()
    addSample(state, true, at(500))
    expect(readWindow(state, at(500, 2_000))).toEqual({ samples: 0, failures: 0 })
    expect(readWindow(state, at(500))).toEqual({ samples: 1, failures: 1 })
    addSample(state, false, at(500, 2_000))
    expect(readWindow(state, at(500, 2_000))).toEqual({ samples: 1, failures: 0 })
    addSample(state, false, at(500))
    expect(readWindow(state, at(500))).toEqual({ samples: 1, failures: 0 })
  })

  it('clears its own numbers and no others', () => {
    const state = new Float64Array(WINDOW_SIZE + 1).fill(7)
    clearWindow(state)
    expect([...state]).toEqual([...Array.from({ length: WINDOW_SIZE }, () => 0), 7])
  })

  it('holds exactly the calls of the current bucket and the nine before it', () => {
    const calls = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 400 }), failed: fc.boolean() }), { maxLength: 60 })
    fc.assert(
      fc.property(calls, fc.integer({ min: 1, max: 3_000 }), fc.nat(4_000), (calls, windowMs, idleMs) => {
        const state = fresh()
        let now = 0
        const seen = calls.map(({ afterMs, failed }) => {
          now += afterMs
          addSample(state, failed, at(now, windowMs))
          return { slot: Math.floor(now / (windowMs / 10)), failed }
        })
        now += idleMs
        const held = seen.filter(({ slot }) => slot > Math.floor(now / (windowMs / 10)) - 10)
        expect(readWindow(state, at(now, windowMs))).toEqual({ samples: held.length, failures: held.filter(({ failed }) => failed).length })
        expect(readWindow(state, at(now + 3_600_000, windowMs))).toEqual({ samples: 0, failures: 0 })
      }),
    )
  })
})
