import { expect, test } from 'vitest'
import { differenceOf, ratioOf } from './compare.ts'
import { sampleWindow } from './fixtures/sample-window.ts'

const COMPARISON = { scenario: 'json-small-32', subject: 'gateway', base: 'bare', metric: 'requestsPerSecond' } as const

test('windows are compared within their round', () => {
  const windows = [
    sampleWindow({ round: 1, target: 'bare', requestsPerSecond: 10_000 }),
    sampleWindow({ round: 1, target: 'gateway', requestsPerSecond: 7000 }),
    sampleWindow({ round: 2, target: 'gateway', requestsPerSecond: 4000 }),
    sampleWindow({ round: 2, target: 'bare', requestsPerSecond: 5000 }),
  ]
  expect(ratioOf(windows, COMPARISON)).toEqual({ median: 0.75, minimum: 0.7, maximum: 0.8, count: 2 })
  expect(differenceOf(windows, COMPARISON)).toEqual({ median: -2000, minimum: -3000, maximum: -1000, count: 2 })
})

test('a void window counts nowhere, its repetition does', () => {
  const windows = [
    sampleWindow({ round: 1, target: 'bare', requestsPerSecond: 10_000 }),
    sampleWindow({ round: 1, target: 'gateway', requestsPerSecond: 90_000, void: true }),
    sampleWindow({ round: 1, target: 'gateway', requestsPerSecond: 6000, attempt: 2 }),
  ]
  expect(ratioOf(windows, COMPARISON)).toEqual({ median: 0.6, minimum: 0.6, maximum: 0.6, count: 1 })
})

test.each([
  { why: 'the other side is void', other: sampleWindow({ target: 'bare', void: true }) },
  { why: 'the other side is of another round', other: sampleWindow({ target: 'bare', round: 2 }) },
  { why: 'the other side is of another scenario', other: sampleWindow({ target: 'bare', scenario: 'json-small-1' }) },
  { why: 'the other side is another target', other: sampleWindow({ target: 'nginx' }) },
])('nothing to compare: $why', ({ other }) => {
  expect(ratioOf([sampleWindow({ target: 'gateway' }), other], COMPARISON)).toBeUndefined()
})

test('what was not measured is not compared', () => {
  const windows = [sampleWindow({ target: 'bare', cpuUsPerRequest: undefined }), sampleWindow({ target: 'gateway' })]
  expect(ratioOf(windows, { ...COMPARISON, metric: 'cpuUsPerRequest' })).toBeUndefined()
})

test.each([
  { why: 'a disturbed round is left out', others: [0.3, 0.05], expected: { median: 0.8, count: 1 } },
  { why: 'when all are disturbed, all count', others: [0.3, 0.2], expected: { median: 0.7, count: 2 } },
  {
    why: 'when it cannot be told, all count',
    others: [undefined, undefined],
    expected: { median: 0.7, count: 2 },
  },
])('$why', ({ others, expected }) => {
  const windows = others.flatMap((otherShare, index) => [
    sampleWindow({ round: index, target: 'bare', requestsPerSecond: 10_000 }),
    sampleWindow({ round: index, target: 'gateway', requestsPerSecond: 6000 + index * 2000, otherShare }),
  ])
  expect(ratioOf(windows, COMPARISON)?.count).toBe(expected.count)
  expect(ratioOf(windows, COMPARISON)?.median).toBeCloseTo(expected.median)
})
