import { CodecMismatch, type StreamDecoder, type StreamPiece } from '../codec.ts'

/** A stream that is cut into units (events, lines), each of which means pieces. */
export interface UnitStream<Unit> {
  /** The units that these bytes complete. */
  push(bytes: Buffer): Iterable<Unit>
  /** Of what the closed connection left behind, what is whole. */
  flush(): Iterable<Unit>
  /** Throws a CodecMismatch for a unit that makes no sense. */
  read(unit: Unit): readonly StreamPiece[]
  /** The connection has closed, and all units were read. */
  close?(): readonly StreamPiece[]
}

/**
 * Nothing follows an end or an error, whatever the backend goes on to send. Pieces before the place where the bytes stop
 * to make sense come out first, however the bytes were cut: the CodecMismatch is then thrown by the next call.
 */
export function createPieceDecoder<Unit>(stream: UnitStream<Unit>): StreamDecoder {
  let over = false
  let broken: CodecMismatch | undefined

  function readAll(units: () => Iterable<Unit>, into: StreamPiece[]): void {
    for (const unit of units()) {
      add(stream.read(unit), into)
      if (over) return
    }
  }

  function add(pieces: readonly StreamPiece[], into: StreamPiece[]): void {
    const last = pieces.findIndex(({ kind }) => kind !== 'chunk')
    over = last >= 0
    into.push(...(over ? pieces.slice(0, last + 1) : pieces))
  }

  function decode(read: (into: StreamPiece[]) => void): StreamPiece[] {
    if (broken !== undefined) throw broken
    const pieces: StreamPiece[] = []
    if (over) return pieces
    try {
      read(pieces)
    } catch (error) {
      if (!(error instanceof CodecMismatch)) throw error
      broken = error
      if (pieces.length === 0) throw error
    }
    return pieces
  }

  return {
    push: (bytes) => decode((into) => readAll(() => stream.push(bytes), into)),
    flush: () =>
      decode((into) => {
        readAll(() => stream.flush(), into)
        if (!over) add(stream.close?.() ?? [], into)
      }),
  }
}
