import { describe, expect, it } from 'vitest'
import { SettledBatch } from './settled-batch.ts'

function started(tellers?: readonly ((settled: number) => void)[]) {
  const told: string[] = []
  const planned: (() => void)[] = []
  const errors: unknown[] = []
  const batch = new SettledBatch<number>({
    tellers: tellers ?? [(settled) => told.push(`a${settled}`), (settled) => told.push(`b${settled}`)],
    soon: (callback) => planned.push(callback),
    onError: (error, settled) => errors.push([(error as Error).message, settled]),
  })
  const turn = () => {
    for (const callback of planned.splice(0)) callback()
  }
  return { batch, told, planned, errors, turn }
}

describe('requests that are over', () => {
  it('are told of soon, and together, to one after the other', () => {
    const { batch, told, planned, turn } = started()
    batch.add(1)
    batch.add(2)
    expect([told, planned.length]).toEqual([[], 1])
    turn()
    expect(told).toEqual(['a1', 'a2', 'b1', 'b2'])
    batch.add(3)
    turn()
    expect(told.slice(4)).toEqual(['a3', 'b3'])
  })

  it('are told of at once where they are many', () => {
    const { batch, told, turn } = started()
    for (let index = 0; index < 65; index += 1) batch.add(index)
    expect(told).toHaveLength(128)
    turn()
    expect(told.slice(128)).toEqual(['a64', 'b64'])
  })

  it('are told of at the end, once', () => {
    const { batch, told, turn } = started()
    batch.add(1)
    batch.flush()
    turn()
    expect(told).toEqual(['a1', 'b1'])
  })

  it('are told to all the others though one throws', () => {
    const told: number[] = []
    const fail = (settled: number) => {
      if (settled === 1) throw new Error('no')
    }
    const { batch, errors, turn } = started([fail, (settled) => told.push(settled)])
    batch.add(1)
    batch.add(2)
    turn()
    expect([errors, told]).toEqual([[['no', 1]], [1, 2]])
  })

  it('that are added by who is told come with the next batch', () => {
    const told: number[] = []
    const { batch, turn } = started([
      (settled) => {
        told.push(settled)
        if (settled === 1) batch.add(2)
      },
    ])
    batch.add(1)
    turn()
    expect(told).toEqual([1])
    turn()
    expect(told).toEqual([1, 2])
  })
})
