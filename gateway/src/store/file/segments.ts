import { join } from 'node:path'
import { StoreError } from '../store-error.ts'
import type { KeptEntry } from '../store-state.ts'
import { systemFault } from '../system-fault.ts'
import { writeDurably } from './durable-file.ts'
import type { FileSystem } from './file-system.ts'
import { segmentName } from './record-names.ts'
import { decodeRecord, encodeRecord } from './record.ts'

export type SegmentEntry = Omit<KeptEntry, 'log'>

/** Entries of one log, in a file of their own. */
export interface Segment {
  readonly name: string
  readonly first: number
  readonly last: number
  readonly checksum: string
}

/** A segment with fewer is written anew together with those that come after. */
const SMALL = 1_000
const CACHED = 2

export class Segments {
  readonly #files: FileSystem
  readonly #folder: string
  /** Those read last. */
  readonly #cache = new Map<string, readonly SegmentEntry[]>()

  constructor(files: FileSystem, folder: string) {
    this.#files = files
    this.#folder = folder
  }

  /** Throws `damaged` where it is not what was written. */
  async read({ name, checksum }: Segment): Promise<readonly SegmentEntry[]> {
    const cached = this.#cache.get(name)
    if (cached !== undefined) return cached
    let bytes: Buffer
    try {
      bytes = await this.#files.read(join(this.#folder, name))
    } catch (error) {
      throw systemFault(error, 'read', name)
    }
    const record = decodeRecord(bytes, 'segment')
    if ('problem' in record || record.checksum !== checksum) throw new StoreError('damaged', `${name} is not what was written to it`)
    const { entries } = record.payload as { readonly entries: readonly SegmentEntry[] }
    this.#cache.set(name, entries)
    for (const oldest of this.#cache.keys()) if (this.#cache.size > CACHED) this.#cache.delete(oldest)
    return entries
  }

  /** The segments of a log after `entries` have been added to it. */
  async append(log: string, segments: readonly Segment[], entries: readonly KeptEntry[]): Promise<readonly Segment[]> {
    if (entries.length === 0) return segments
    const last = segments.at(-1)
    const joins = last !== undefined && last.last - last.first + 1 < SMALL
    const kept = joins ? [...(await this.read(last))] : []
    for (const { sequence, time, text, hash } of entries) kept.push({ sequence, time, text, hash })
    return [...(joins ? segments.slice(0, -1) : segments), await this.#write(log, kept)]
  }

  /** Whether it is there and as it was written. Reads past the cache. */
  async isIntact(segment: Segment): Promise<boolean> {
    this.#cache.delete(segment.name)
    return this.read(segment).then(
      () => true,
      () => false,
    )
  }

  async #write(log: string, entries: readonly SegmentEntry[]): Promise<Segment> {
    const first = entries[0]?.sequence ?? 0
    const last = entries.at(-1)?.sequence ?? 0
    const name = segmentName(log, first, last)
    const { bytes, checksum } = encodeRecord({ kind: 'segment', number: first, previous: '', payload: { log, entries } })
    await writeDurably(this.#files, this.#folder, name, bytes)
    return { name, first, last, checksum }
  }
}
