import { describe, expect, it } from 'vitest'
import { FailedSignIns } from './failed-sign-ins.ts'

describe('FailedSignIns', () => {
  it('writes two entries of an address in a minute at most, and few of very many addresses', () => {
    const failures = new FailedSignIns()
    const first = Array.from({ length: 10_000 }, (_, index) => failures.note(`198.51.${index % 100}.1`, undefined, 1_000)).flat()
    expect(first).toHaveLength(100)
    expect(failures.due(59_999)).toEqual([])
    const later = failures.due(60_000)
    expect(later).toHaveLength(100)
    expect(later[0]).toMatchObject({ body: { message: '99 more sign-ins failed within a minute' } })
    expect(failures.due(120_000)).toEqual([])

    const many = Array.from({ length: 5_000 }, (_, index) =>
      failures.note(`2001:db8:${index.toString(16)}::/64`, undefined, 120_000),
    ).flat()
    expect(many).toHaveLength(501)
  })
})
