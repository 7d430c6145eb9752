import { describe, expect, it } from 'vitest'
import { metricsOf } from './metrics.ts'

describe('metricsOf', () => {
  it('counts nanoseconds', () => {
    const usage = { promptTokens: 26, completionTokens: 282, totalTokens: 308 }
    expect(metricsOf({ askedMs: 1_000, firstMs: 1_342.5, endedMs: 5_883 }, usage)).toEqual({
      total_duration: 4_883_000_000,
      load_duration: 0,
      prompt_eval_count: 26,
      prompt_eval_duration: 342_500_000,
      eval_count: 282,
      eval_duration: 4_540_500_000,
    })
  })

  it('gives whole ones, none below 0, and no counts that nobody told', () => {
    expect(metricsOf({ askedMs: 10, firstMs: 10.000_000_4, endedMs: 9 }, undefined)).toStrictEqual({
      total_duration: 0,
      load_duration: 0,
      prompt_eval_duration: 0,
      eval_duration: 0,
    })
  })
})
