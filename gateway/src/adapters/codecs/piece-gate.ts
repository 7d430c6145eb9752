import { CodecMismatch, type StreamPiece } from './codec.ts'

/** Runs one step of a decoder, which puts its pieces into the list that it is handed. */
export type PieceGate = (step: (pieces: StreamPiece[]) => void) => StreamPiece[]

/**
 * Pieces that stand before the place where the bytes stop to make sense come out first, however the bytes were cut: the
 * CodecMismatch is thrown by the next step. One for each stream.
 */
export function createPieceGate(): PieceGate {
  let mismatch: CodecMismatch | undefined
  return (step) => {
    if (mismatch !== undefined) throw mismatch
    const pieces: StreamPiece[] = []
    try {
      step(pieces)
    } catch (error) {
      if (!(error instanceof CodecMismatch)) throw error
      mismatch = error
      if (pieces.length === 0) throw error
    }
    return pieces
  }
}
