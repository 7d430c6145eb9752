import {
  ATTEMPT_NAMES,
  CONTENT_NAMES,
  REQUEST_NAMES,
  type AttemptRow,
  type ContentRow,
  type HistoryEntry,
  type RequestRow,
} from './history-row.ts'

export type Cell = string | number | null
/** An entry's values in the order of their columns. */
export type EntryCells = readonly [request: readonly Cell[], attempts: readonly (readonly Cell[])[], content?: readonly Cell[]]

/** A thousand usual entries find room. */
const FIRST_BYTES = 512 * 1024
/** Bytes that a character takes at most in UTF-8, for each unit of a text. */
const BYTES_PER_UNIT = 3
/** Between two entries: JSON lets a line end there, and there is none elsewhere. */
const SEPARATOR = ',\n'
const LINE_END = 0x0a
/** About so many bytes become objects in one go: texts that are much longer outlive a collection of what is new. */
const SLICE_BYTES = 64 * 1024

/**
 * Entries that wait to be written, as bytes outside of the heap, which the thread that writes them reads in place: as
 * objects, or as texts, garbage collection would have to look at them again and again.
 */
export class PackedEntries {
  #bytes: Buffer | undefined
  #length = 0
  #count = 0

  get count(): number {
    return this.#count
  }

  get byteLength(): number {
    return this.#length
  }

  /** `packed`: of one entry. */
  add(packed: string): void {
    const room = this.#roomFor(BYTES_PER_UNIT * packed.length + SEPARATOR.length)
    if (this.#count > 0) this.#length += room.write(SEPARATOR, this.#length)
    this.#length += room.write(packed, this.#length)
    this.#count += 1
  }

  /** All of them, in place: good until something is added or cleared. */
  bytes(): Uint8Array {
    return this.#bytes?.subarray(0, this.#length) ?? new Uint8Array()
  }

  clear(): void {
    if (this.#length > FIRST_BYTES) this.#bytes = undefined
    this.#length = 0
    this.#count = 0
  }

  #roomFor(more: number): Buffer {
    const wanted = this.#length + more
    if (this.#bytes !== undefined && wanted <= this.#bytes.length) return this.#bytes
    const larger = Buffer.from(new SharedArrayBuffer(Math.max(FIRST_BYTES, wanted, 2 * (this.#bytes?.length ?? 0))))
    this.#bytes?.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
    return larger
  }
}

export function packEntry({ request, attempts, content }: HistoryEntry): string {
  const cells = REQUEST_NAMES.map((name) => request[name])
  const calls = attempts.map(cellsOfAttempt)
  const packed: EntryCells = content === undefined ? [cells, calls] : [cells, calls, CONTENT_NAMES.map((name) => content[name])]
  return JSON.stringify(packed)
}

export function packEntries(entries: readonly HistoryEntry[]): Uint8Array {
  return Buffer.from(entries.map(packEntry).join(SEPARATOR))
}

/** Of several, as they were packed. */
export function* cellsIn(packed: Uint8Array): Iterable<EntryCells> {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength)
  for (let from = 0; from < bytes.length;) {
    const found = bytes.indexOf(LINE_END, from + SLICE_BYTES)
    const to = found === -1 ? bytes.length : found + 1 - SEPARATOR.length
    yield* JSON.parse(`[${bytes.toString('utf8', from, to)}]`) as readonly EntryCells[]
    from = to + SEPARATOR.length
  }
}

export function unpackEntries(packed: Uint8Array): readonly HistoryEntry[] {
  return Array.from(cellsIn(packed), ([request, attempts, content]) => ({
    // All columns are there.
    request: rowOf(REQUEST_NAMES, request) as unknown as RequestRow,
    attempts: attempts.map(attemptOf),
    ...(content === undefined ? {} : { content: rowOf(CONTENT_NAMES, content) as unknown as ContentRow }),
  }))
}

/** JSON of the cells of attempts, as they are kept with their request. */
export function attemptsIn(calls: string): readonly AttemptRow[] {
  return (JSON.parse(calls) as readonly (readonly Cell[])[]).map(attemptOf)
}

export function packAttempts(attempts: readonly AttemptRow[]): string {
  return JSON.stringify(attempts.map(cellsOfAttempt))
}

function cellsOfAttempt(attempt: AttemptRow): readonly Cell[] {
  return ATTEMPT_NAMES.map((name) => attempt[name])
}

function attemptOf(cells: readonly Cell[]): AttemptRow {
  return rowOf(ATTEMPT_NAMES, cells) as unknown as AttemptRow
}

function rowOf(names: readonly string[], cells: readonly Cell[]): Record<string, Cell> {
  const row: Record<string, Cell> = {}
  for (const [index, name] of names.entries()) row[name] = cells[index] ?? null
  return row
}
