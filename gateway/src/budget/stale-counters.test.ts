import { describe, expect, it } from 'vitest'
import { staleCounters } from './stale-counters.ts'

const NOON = Date.UTC(2026, 7, 21, 11)

describe('staleCounters', () => {
  it('names those of budgets that are gone and of periods long over', () => {
    const kept = [
      'budget/b/requests:2026-08-21',
      'budget/b/requests:2026-08-22',
      'budget/m/tokens:2026-08',
      'budget/m/tokens:2026-05',
      'budget/b/requests:2026-05-13',
    ]
    const stale = ['budget/b/requests:2026-05-12', 'budget/m/tokens:2026-04', 'budget/gone/requests:2026-08-21']
    expect(staleCounters([...kept, ...stale], new Set(['b', 'm']), NOON)).toEqual(stale)
  })
})
