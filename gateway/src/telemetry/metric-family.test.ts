import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CounterFamily, HistogramCell, HistogramFamily, readFamily } from './metric-family.ts'

const COUNTER = { kind: 'counter', name: 'made_total', help: 'made', labels: ['model', 'status'] } as const
const HISTOGRAM = { kind: 'histogram', name: 'took_seconds', help: 'took', labels: ['model'], buckets: [0.1, 1, 10] } as const

function shownOf(family: CounterFamily): Record<string, unknown> {
  return Object.fromEntries([...family.sets()].map(([values, shown]) => [values.join(' '), shown]))
}

describe('a family', () => {
  it('has one cell for each set of label values', () => {
    const family = new CounterFamily(COUNTER)
    family.cell('a', '200').value += 1
    family.cell('a', '200').value += 2
    family.cell('a', '404').value += 1
    expect(shownOf(family)).toEqual({ 'a 200': 3, 'a 404': 1 })
  })

  it('refuses more or fewer values than it has labels', () => {
    const family = new CounterFamily(COUNTER)
    expect(() => family.cell('a')).toThrow('made_total has 2 labels')
    expect(() => family.cell('a', '200', 'x')).toThrow('made_total has 2 labels')
  })

  it('puts what is beyond a thousand sets into other, and loses no count', () => {
    const family = new CounterFamily(COUNTER)
    for (let index = 0; index < 5_000; index += 1) family.cell(`model-${index}`, index % 2 === 0 ? '200' : '500').value += 1
    const shown = shownOf(family)
    expect(Object.keys(shown)).toHaveLength(1_002)
    expect([shown['other 200'], shown['other 500']]).toEqual([2_000, 2_000])
    // Those that are known are still counted apart.
    family.cell('model-1', '500').value += 1
    expect(shownOf(family)['model-1 500']).toBe(2)
  })

  it('shows what is read up to the same bound', () => {
    const many = Array.from({ length: 3_000 }, (_, index) => [[`m${index}`, ''], index] as const)
    expect([...readFamily({ ...COUNTER, kind: 'gauge' }, () => many).sets()]).toHaveLength(1_000)
  })
})

describe('a histogram', () => {
  it('counts a value that is a bound in the bucket of that bound', () => {
    const cell = new HistogramFamily(HISTOGRAM).cell('a')
    for (const value of [0, 0.1, 0.100_1, 1, 10, 11]) cell.observe(value)
    expect([...cell.counts]).toEqual([2, 2, 1, 1])
    expect(cell.sum).toBeCloseTo(22.2001)
  })

  it('keeps the last trace of each bucket', () => {
    const cell = new HistogramFamily(HISTOGRAM).cell('a')
    cell.observeTraced(0.5, 'first', 1)
    cell.observeTraced(0.6, 'second', 2)
    cell.observeTraced(99, 'third', 3)
    expect(cell.exemplars).toEqual([
      undefined,
      { traceId: 'second', value: 0.6, time: 2 },
      undefined,
      { traceId: 'third', value: 99, time: 3 },
    ])
  })

  it('counts each value exactly once', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true })), (values) => {
        const cell = new HistogramCell([0.001, 0.1, 1, 60])
        for (const value of values) cell.observe(value)
        expect(cell.counts.reduce((sum, count) => sum + count, 0)).toBe(values.length)
      }),
    )
  })
})
