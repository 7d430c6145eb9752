import { describe, expect, it } from 'vitest'
import { CodecMismatch, type StreamPiece } from './codec.ts'
import { createPieceGate } from './piece-gate.ts'

const END: StreamPiece = { kind: 'end' }
const chunk = (id: number): StreamPiece => ({ kind: 'chunk', chunk: { id } })

describe('createPieceGate', () => {
  it('gives the pieces of each step', () => {
    const gate = createPieceGate()
    expect(gate((pieces) => void pieces.push(chunk(1), chunk(2)))).toEqual([chunk(1), chunk(2)])
    expect(gate(() => {})).toEqual([])
    expect(gate((pieces) => void pieces.push(END))).toEqual([END])
  })

  it('gives what came before a mismatch, and throws it from the next step on', () => {
    const gate = createPieceGate()
    const mismatch = new CodecMismatch('nonsense')
    const broken = (pieces: StreamPiece[]): void => {
      pieces.push(chunk(1))
      throw mismatch
    }
    expect(gate(broken)).toEqual([chunk(1)])
    let asked = 0
    for (let step = 0; step < 2; step += 1)
      expect(() =>
        gate(() => {
          asked += 1
        }),
      ).toThrow(mismatch)
    expect(asked).toBe(0)
  })

  it('throws a mismatch at once where nothing came before it, and any other error always', () => {
    const mismatch = new CodecMismatch('nonsense')
    expect(() =>
      createPieceGate()(() => {
        throw mismatch
      }),
    ).toThrow(mismatch)
    const other = new Error('other')
    const gate = createPieceGate()
    expect(() =>
      gate((pieces) => {
        pieces.push(END)
        throw other
      }),
    ).toThrow(other)
    expect(gate((pieces) => void pieces.push(END))).toEqual([END])
  })
})
