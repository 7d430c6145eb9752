import { describe, expect, it, test } from 'vitest'
import { levelOf, pressureOf, retryAfterSeconds, sheds, type Level, type PressureSample } from './pressure.ts'

const CALM: PressureSample = { loopDelayMs: 10, heapUsedShare: 0.1, rssShare: 0.1, socketsShare: 0.1, queuedBytesShare: 0.1 }

test.each([
  [{}, 0.1],
  [{ loopDelayMs: 190 }, 0.95],
  [{ loopDelayMs: 400 }, 2],
  [{ heapUsedShare: 0.2 }, 0.2],
  [{ rssShare: 0.3 }, 0.3],
  [{ socketsShare: 0.4 }, 0.4],
  [{ queuedBytesShare: 1.5 }, 1.5],
  [{ heapUsedShare: 0.5, rssShare: 0.6 }, 0.6],
] as const)('the pressure with %j is %d: the greatest share', (part, pressure) => {
  expect(pressureOf({ ...CALM, ...part }, { loopDelayMs: 200 })).toBe(pressure)
})

test('the pressure of a late loop depends on its limit', () => {
  expect(pressureOf({ ...CALM, loopDelayMs: 40 }, { loopDelayMs: 50 })).toBe(0.8)
})

describe('level', () => {
  it.each([
    [0, 'calm'],
    [0.849, 'calm'],
    [0.85, 'strained'],
    [0.949, 'strained'],
    [0.95, 'shedding'],
    [0.979, 'shedding'],
    [0.98, 'full'],
    [12, 'full'],
  ] as const)('rises at once: at %d to %s', (pressure, level) => {
    expect(levelOf(pressure)).toBe(level)
    expect(levelOf(pressure, 'calm')).toBe(level)
  })

  it.each([
    ['full', 0.98, 'full'],
    ['full', 0.93, 'full'],
    ['full', 0.929, 'shedding'],
    ['full', 0, 'shedding'],
    ['shedding', 0.98, 'full'],
    ['shedding', 0.95, 'shedding'],
    ['shedding', 0.9, 'shedding'],
    ['shedding', 0.899, 'strained'],
    ['shedding', 0, 'strained'],
    ['strained', 0.98, 'full'],
    ['strained', 0.95, 'shedding'],
    ['strained', 0.85, 'strained'],
    ['strained', 0.8, 'strained'],
    ['strained', 0.799, 'calm'],
    ['calm', 0.8, 'calm'],
  ] as const)('falls by one step and late: from %s at %d to %s', (previous, pressure, level) => {
    expect(levelOf(pressure, previous)).toBe(level)
  })

  it('falls, rather than stays for ever, where the pressure is no number', () => {
    expect(levelOf(Number.NaN, 'full')).toBe('shedding')
    expect(levelOf(Number.NaN, 'calm')).toBe('calm')
  })

  it('does not flap around any boundary', () => {
    for (const boundary of [0.85, 0.95, 0.98]) {
      let level: Level = 'calm'
      const levels = new Set<Level>()
      for (let look = 0; look < 20; look += 1) {
        level = levelOf(boundary + (look % 2 === 0 ? 0.002 : -0.002), level)
        levels.add(level)
      }
      expect([...levels]).toHaveLength(1)
    }
  })
})

test('people are refused last', () => {
  const refused = (level: Level) => (['system', 'interactive', 'default', 'batch'] as const).filter((band) => sheds(level, band))
  expect(refused('calm')).toEqual([])
  expect(refused('strained')).toEqual([])
  expect(refused('shedding')).toEqual(['default', 'batch'])
  expect(refused('full')).toEqual(['system', 'interactive', 'default', 'batch'])
})

test.each([
  [0, 1],
  [0.199, 1],
  [0.2, 2],
  [0.5, 3],
  [0.79, 4],
  [0.999_999, 5],
])('who is refused by the draw %d comes back in %i s', (draw, seconds) => {
  expect(retryAfterSeconds(() => draw)).toBe(seconds)
})
