import { join } from 'node:path'
import type { StoreLog } from '../store-log.ts'
import type { StoreState } from '../store-state.ts'
import { systemFault } from '../system-fault.ts'
import { toCheckpoint } from './checkpoint.ts'
import { writeDurably } from './durable-file.ts'
import type { FolderLock } from './folder-lock.ts'
import type { Generation, LoadedFolder, NumberedCommit, Source } from './load-folder.ts'
import type { LogEntries } from './log-entries.ts'
import { checkpointName, commitName, recordNames } from './record-names.ts'
import { encodeRecord } from './record.ts'
import { WrittenRecords } from './written-records.ts'

/** Checkpoints that are kept, with the commits since the oldest of them. */
const GENERATIONS = 5
/** Since the last checkpoint. */
const COMMITS_PER_CHECKPOINT = 256
const BYTES_PER_CHECKPOINT = 4 * 1024 ** 2

interface Beginning {
  readonly source: Source
  readonly loaded: LoadedFolder
  readonly lock: FolderLock
  readonly log: StoreLog
  /** Default 256. */
  readonly commitsPerCheckpoint: number | undefined
}

/** The writing side of a store's folder. One operation at a time. */
export class CommitFolder {
  readonly #source: Source
  readonly #lock: FolderLock
  readonly #log: StoreLog
  readonly #commitsPerCheckpoint: number
  readonly #records: WrittenRecords
  #generations: readonly Generation[]
  /** Checksum of the last commit, which the next one names. */
  #previous: string
  #commits = 0
  #bytes = 0
  /** After a failure: what is in the folder is looked at again before anything is added to it. */
  #suspect = false

  private constructor({ source, loaded, lock, log, commitsPerCheckpoint = COMMITS_PER_CHECKPOINT }: Beginning) {
    this.#source = source
    this.#lock = lock
    this.#log = log
    this.#commitsPerCheckpoint = commitsPerCheckpoint
    this.#generations = loaded.generations
    this.#previous = loaded.tip
    this.#records = new WrittenRecords(source, loaded.records)
  }

  /** Writes the first checkpoint of a new folder, and one over damage, so that its numbers are not used again. */
  static async begin(beginning: Beginning): Promise<CommitFolder> {
    const folder = new CommitFolder(beginning)
    const { state, entries, damaged, generations, highest } = beginning.loaded
    if (generations.length === 0 || damaged.length > 0) {
      state.number = highest
      await folder.#checkpoint(state, entries)
    }
    return folder
  }

  /**
   * Throws where nothing can be written. What is in the folder and is not what was written to it is mended from memory:
   * it is put aside, and a checkpoint takes its place.
   */
  async ready(state: StoreState, entries: LogEntries): Promise<void> {
    try {
      await this.#lock.verify()
      if (this.#suspect) await this.#removeAfter(state.number)
      const changed = await this.#records.changed()
      if (changed.length > 0) await this.#mend(changed, state, entries)
    } catch (error) {
      throw systemFault(error, 'use', 'the store')
    }
    this.#suspect = false
  }

  async write(commits: readonly NumberedCommit[]): Promise<void> {
    const number = commits[0]?.number ?? 0
    const name = commitName(number)
    const { bytes, checksum } = encodeRecord({ kind: 'commit', number, previous: this.#previous, payload: { commits } })
    await this.#guarded(() => writeDurably(this.#source.files, this.#source.folder, name, bytes))
    this.#previous = checksum
    await this.#records.add({ name, kind: 'commit', checksum })
    this.#commits += 1
    this.#bytes += bytes.length
  }

  async checkpointIfDue(state: StoreState, entries: LogEntries): Promise<void> {
    if (this.#commits < this.#commitsPerCheckpoint && this.#bytes < BYTES_PER_CHECKPOINT) return
    try {
      await this.#checkpoint(state, entries)
    } catch (error) {
      // Every commit is there without it. Not tried again with each of them.
      this.#commits /= 2
      this.#bytes /= 2
      this.#log.warn({ err: error }, 'no checkpoint of the store could be written; the commits since the last one are kept')
    }
  }

  /** The last chance to mend what was damaged while nothing was written. */
  async end(state: StoreState, entries: LogEntries): Promise<void> {
    await this.ready(state, entries).catch((error: unknown) => this.#log.warn({ err: error }, 'the store is left as it is'))
    await this.#lock.release()
  }

  async #checkpoint(state: StoreState, entries: LogEntries): Promise<void> {
    const { number } = state
    const flushed = await entries.flush(state)
    const name = checkpointName(number)
    const payload = toCheckpoint(state, flushed)
    const { bytes, checksum } = encodeRecord({ kind: 'checkpoint', number, previous: this.#previous, payload })
    await this.#guarded(() => writeDurably(this.#source.files, this.#source.folder, name, bytes))
    entries.settle(flushed)
    await this.#records.add({ name, kind: 'checkpoint', checksum })
    this.#commits = 0
    this.#bytes = 0
    const generation = { number, segments: [...flushed.values()].flat().map((segment) => segment.name) }
    this.#generations = [...this.#generations.filter((other) => other.number !== number), generation].slice(-GENERATIONS)
    await this.#forget().catch((error: unknown) => this.#log.warn({ err: error }, 'old files of the store could not be removed'))
  }

  /** Removes what no generation that is kept needs. */
  async #forget(): Promise<void> {
    const { files, folder } = this.#source
    const oldest = this.#generations[0]?.number ?? 0
    const needed = new Set(this.#generations.flatMap(({ segments }) => segments))
    for (const { name, kind, number } of recordNames(await files.list(folder))) {
      const isOld = kind === 'segment' ? !needed.has(name) : kind === 'commit' ? number <= oldest : number < oldest
      if (isOld) await files.remove(join(folder, name))
    }
  }

  /** Of a commit that failed, the file may be there all the same. */
  async #removeAfter(number: number): Promise<void> {
    const { files, folder } = this.#source
    const left = recordNames(await files.list(folder)).filter((record) => record.kind === 'commit' && record.number > number)
    for (const { name } of left) await files.remove(join(folder, name))
    await files.syncFolder(folder)
  }

  async #mend(changed: readonly string[], state: StoreState, entries: LogEntries): Promise<void> {
    const { files, folder } = this.#source
    const there = new Set(await files.list(folder))
    for (const name of changed) if (there.has(name)) await files.rename(join(folder, name), join(folder, `${name}.damaged`))
    await this.#checkpoint(state, entries)
    this.#log.warn(
      { files: changed, number: state.number },
      'files of the store were changed or removed by something else; all that they held was written anew, and they were put aside as *.damaged',
    )
  }

  async #guarded(write: () => Promise<void>): Promise<void> {
    try {
      await write()
    } catch (error) {
      this.#suspect = true
      throw error
    }
  }
}
