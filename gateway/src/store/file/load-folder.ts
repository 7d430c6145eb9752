import { join } from 'node:path'
import type { PreparedWrite } from '../prepare.ts'
import { StoreError } from '../store-error.ts'
import type { StoreState } from '../store-state.ts'
import { systemFault } from '../system-fault.ts'
import { type Checkpoint, fromCheckpoint, segmentsOf } from './checkpoint.ts'
import type { FileSystem } from './file-system.ts'
import { LogEntries } from './log-entries.ts'
import { recordNames, type RecordName } from './record-names.ts'
import { type DecodedRecord, decodeRecord, type RecordKind } from './record.ts'
import { Segments } from './segments.ts'

export interface Source {
  readonly files: FileSystem
  readonly folder: string
}

export interface NumberedCommit {
  readonly number: number
  readonly writes: readonly PreparedWrite[]
}

export interface LastRecord {
  readonly name: string
  readonly kind: RecordKind
  readonly checksum: string
}

export interface Generation {
  readonly number: number
  /** Names of the segments that it needs. */
  readonly segments: readonly string[]
}

export interface LoadedFolder {
  readonly state: StoreState
  readonly entries: LogEntries
  /** Checksum of the last commit. */
  readonly tip: string
  /** Those that hold the state: a checkpoint, and the commits since. */
  readonly records: readonly LastRecord[]
  /** Checkpoints that are sound, oldest first. */
  readonly generations: readonly Generation[]
  /** Files that are not what was written to them, or that follow from one that is not. */
  readonly damaged: readonly string[]
  /** The greatest number that any file names: later commits have to be above it. */
  readonly highest: number
}

/**
 * Reads a store's folder: the newest checkpoint that is sound, and the commits since then. Undefined: it is new. Throws
 * `damaged` where there is something and none of it can be gone on from, `newer` where a later version wrote any of it.
 */
export async function loadFolder(source: Source): Promise<LoadedFolder | undefined> {
  const names = recordNames(await listed(source))
  if (names.length === 0) return undefined
  const segments = new Segments(source.files, source.folder)
  const { generations, newest, damaged } = await readCheckpoints(source, names, segments)
  if (newest === undefined)
    throw new StoreError('damaged', `The store is damaged: none of its checkpoints is as it was written (${refused(names)})`)
  const restored = fromCheckpoint(newest.number, newest.checkpoint)
  const entries = new LogEntries(segments, restored.segments)
  const commits = names.filter(({ kind, number }) => kind === 'commit' && number > newest.number)
  const { tip, records, rest } = await replay({ ...source, commits, state: restored.state, entries, tip: newest.tip })
  const allDamaged = [...damaged, ...rest.map(({ name }) => name)]
  // What is left would be the empty store that it began as.
  if (allDamaged.length > 0 && restored.state.number === 0)
    throw new StoreError('damaged', `The store is damaged: nothing that was written to it is sound (${allDamaged[0] ?? ''})`)
  const highest = Math.max(...names.filter(({ kind }) => kind !== 'segment').map(({ number }) => number), restored.state.number)
  return { state: restored.state, entries, tip, records: [newest.record, ...records], generations, damaged: allDamaged, highest }
}

export async function readRecord({ files, folder }: Source, name: string, kind: RecordKind): Promise<DecodedRecord> {
  let bytes: Buffer
  try {
    bytes = await files.read(join(folder, name))
  } catch (error) {
    throw systemFault(error, 'read', name)
  }
  const record = decodeRecord(bytes, kind)
  if ('problem' in record && record.problem === 'newer')
    throw new StoreError('newer', `A later version of JAiRouter has written ${name} in the folder of store.path; this one cannot read it`)
  return record
}

async function listed({ files, folder }: Source): Promise<readonly string[]> {
  try {
    return await files.list(folder)
  } catch (error) {
    throw systemFault(error, 'list', 'the store')
  }
}

interface Checkpoints {
  /** Oldest first. */
  readonly generations: readonly Generation[]
  readonly newest:
    | { readonly number: number; readonly tip: string; readonly checkpoint: Checkpoint; readonly record: LastRecord }
    | undefined
  readonly damaged: readonly string[]
}

async function readCheckpoints(source: Source, names: readonly RecordName[], segments: Segments): Promise<Checkpoints> {
  const intact = new Map<string, boolean>()
  const generations: Generation[] = []
  const damaged: string[] = []
  let newest: Checkpoints['newest']
  for (const { name, kind, number } of names.toReversed()) {
    if (kind !== 'checkpoint') continue
    const record = await readRecord(source, name, 'checkpoint')
    if ('problem' in record || record.number !== number || !(await isComplete(record.payload as Checkpoint, segments, intact))) {
      damaged.push(name)
      continue
    }
    const checkpoint = record.payload as Checkpoint
    newest ??= { number, tip: record.previous, checkpoint, record: { name, kind, checksum: record.checksum } }
    generations.unshift({ number, segments: segmentsOf(checkpoint).map((segment) => segment.name) })
  }
  return { generations, newest, damaged }
}

/** Generations share most of their segments: each is read once. */
async function isComplete(checkpoint: Checkpoint, segments: Segments, intact: Map<string, boolean>): Promise<boolean> {
  for (const segment of segmentsOf(checkpoint)) {
    const key = `${segment.name} ${segment.checksum}`
    const known = intact.get(key) ?? (await segments.isIntact(segment))
    intact.set(key, known)
    if (!known) return false
  }
  return true
}

interface Replay extends Source {
  readonly commits: readonly RecordName[]
  readonly state: StoreState
  readonly entries: LogEntries
  readonly tip: string
}

/** Carries out the commits in their order until one does not follow from the one before. */
async function replay({ files, folder, commits, state, entries, tip }: Replay): Promise<Replayed> {
  let at = tip
  const records: LastRecord[] = []
  for (const [index, { name, number }] of commits.entries()) {
    const record = await readRecord({ files, folder }, name, 'commit')
    if ('problem' in record || record.number !== number || record.previous !== at) return { tip: at, records, rest: commits.slice(index) }
    for (const commit of (record.payload as { readonly commits: readonly NumberedCommit[] }).commits) {
      entries.add(state.apply(commit.writes, commit.number, await entries.hashesFor(commit.writes)))
    }
    at = record.checksum
    records.push({ name, kind: 'commit', checksum: record.checksum })
  }
  return { tip: at, records, rest: [] }
}

interface Replayed {
  readonly tip: string
  readonly records: readonly LastRecord[]
  /** Those that do not follow. */
  readonly rest: readonly RecordName[]
}

function refused(names: readonly RecordName[]): string {
  return names.findLast(({ kind }) => kind === 'checkpoint')?.name ?? 'there is none'
}
