import { join } from 'node:path'
import type { Entry, LogExtent, Store, StoreContents, Stored, Write } from '../port.ts'
import { prepare, type PreparedWrite } from '../prepare.ts'
import { StoreError } from '../store-error.ts'
import { SILENT, type StoreLog } from '../store-log.ts'
import { parseEntry, StoreState } from '../store-state.ts'
import { systemFault } from '../system-fault.ts'
import { isTemporary } from './durable-file.ts'
import { nodeFileSystem, type FileSystem } from './file-system.ts'
import { CommitFolder } from './commit-folder.ts'
import { lockFolder } from './folder-lock.ts'
import { loadFolder, type LoadedFolder, type NumberedCommit, type Source } from './load-folder.ts'
import { LogEntries } from './log-entries.ts'
import { Segments } from './segments.ts'

export interface FileStoreOptions {
  readonly folder: string
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly log?: StoreLog
  readonly files?: FileSystem
  /** Looks only: takes no lock, and refuses to commit. For commands beside a gateway that runs. */
  readonly readOnly?: boolean
  /** Default 256. */
  readonly commitsPerCheckpoint?: number
}

interface Waiting {
  readonly writes: readonly PreparedWrite[]
  readonly resolve: (number: number) => void
  readonly reject: (error: unknown) => void
}

/** Commits that go into one file at most, when many wait. */
const BATCH = 64

/**
 * A folder: each commit in a file of its own, chained to the one before, and a checkpoint of everything now and then. All
 * but the older entries of logs is in memory; what is read is what was committed, whatever the disk does.
 */
export class FileStore implements Store {
  readonly kind = 'file'
  readonly #state: StoreState
  readonly #entries: LogEntries
  /** Undefined: it only looks. */
  readonly #folder: CommitFolder | undefined
  readonly #source: Source
  readonly #waiting: Waiting[] = []
  #working: Promise<void> | undefined
  #closed = false

  private constructor(state: StoreState, entries: LogEntries, source: Source, folder: CommitFolder | undefined) {
    this.#state = state
    this.#entries = entries
    this.#source = source
    this.#folder = folder
  }

  static async open(options: FileStoreOptions): Promise<FileStore> {
    const { folder, now, log = SILENT, files = nodeFileSystem, readOnly = false, commitsPerCheckpoint } = options
    const source = { files, folder }
    if (readOnly) {
      const { state, entries } = (await loadFolder(source)) ?? blank(source)
      return new FileStore(state, entries, source, undefined)
    }
    try {
      await files.makeFolder(folder)
    } catch (error) {
      throw systemFault(error, 'make', 'the folder of the store')
    }
    const lock = await lockFolder(files, folder, now)
    try {
      const loaded = (await loadFolder(source)) ?? blank(source)
      await tidy(source, loaded, log)
      const commits = await CommitFolder.begin({ source, loaded, lock, log, commitsPerCheckpoint })
      return new FileStore(loaded.state, loaded.entries, source, commits)
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  // oxlint-disable-next-line require-await -- what is thrown has to reject
  async commit(writes: readonly Write[]): Promise<number> {
    this.#requireOpen()
    const prepared = prepare(writes)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ writes: prepared, resolve, reject })
      this.#working ??= this.#work()
    })
  }

  async get(collection: string, id: string): Promise<Stored | undefined> {
    this.#requireOpen()
    return this.#state.get(collection, id)
  }

  async list(collection: string, query?: Parameters<Store['list']>[1]): Promise<readonly Stored[]> {
    this.#requireOpen()
    return this.#state.list(collection, query)
  }

  async read(log: string, query: Parameters<Store['read']>[1]): Promise<readonly Entry[]> {
    this.#requireOpen()
    return (await this.#entries.read(log, this.#state.head(log), query)).map(parseEntry)
  }

  async extent(log: string): Promise<LogExtent> {
    this.#requireOpen()
    const { first, last, base } = this.#state.head(log)
    return { first, last, base }
  }

  async counters(prefix: string): Promise<ReadonlyMap<string, number>> {
    this.#requireOpen()
    return this.#state.countersOf(prefix)
  }

  async contents(): Promise<StoreContents> {
    this.#requireOpen()
    return this.#state.contents()
  }

  async check(): Promise<readonly string[]> {
    this.#requireOpen()
    const loaded = await loadFolder(this.#source)
    return (loaded?.damaged ?? []).map((name) => `${name} is not as it was written`)
  }

  /** No other process may write it. */
  onChange(): () => void {
    return () => undefined
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#working
    await this.#folder?.end(this.#state, this.#entries)
  }

  #requireOpen(): void {
    if (this.#closed) throw new StoreError('unavailable', 'The store is closed')
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) await this.#writeBatch(this.#waiting.splice(0, BATCH))
    this.#working = undefined
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    const folder = this.#folder
    const accepted: (Waiting & NumberedCommit)[] = []
    try {
      if (folder === undefined) throw new StoreError('unavailable', 'The store was opened to be looked at only')
      await folder.ready(this.#state, this.#entries)
      this.#accept(batch, accepted)
      if (accepted.length === 0) return
      const hashAt = await this.#entries.hashesFor(accepted.flatMap(({ writes }) => writes))
      await folder.write(accepted.map(({ number, writes }) => ({ number, writes })))
      for (const { number, writes } of accepted) this.#entries.add(this.#state.apply(writes, number, hashAt))
    } catch (error) {
      for (const { reject } of folder === undefined || accepted.length === 0 ? batch : accepted) reject(error)
      return
    }
    for (const { number, resolve } of accepted) resolve(number)
    await folder.checkpointIfDue(this.#state, this.#entries)
  }

  /** Those whose expectations hold, with their numbers; the others are rejected. */
  #accept(batch: readonly Waiting[], accepted: (Waiting & NumberedCommit)[]): void {
    const pending = new Map<string, number>()
    for (const waiting of batch) {
      const number = this.#state.number + accepted.length + 1
      try {
        this.#state.check(waiting.writes, number, pending)
        accepted.push({ ...waiting, number })
      } catch (error) {
        waiting.reject(error)
      }
    }
  }
}

function blank({ files, folder }: Source): LoadedFolder {
  return {
    state: new StoreState(),
    entries: new LogEntries(new Segments(files, folder), new Map()),
    tip: '',
    records: [],
    generations: [],
    damaged: [],
    highest: 0,
  }
}

/** What is damaged is put aside, never deleted; what a crash left half written goes. */
async function tidy({ files, folder }: Source, { damaged, state }: LoadedFolder, log: StoreLog): Promise<void> {
  try {
    for (const name of damaged) await files.rename(join(folder, name), join(folder, `${name}.damaged`))
    for (const name of await files.list(folder)) if (isTemporary(name)) await files.remove(join(folder, name))
    if (damaged.length > 0) await files.syncFolder(folder)
  } catch (error) {
    throw systemFault(error, 'put aside', damaged[0] ?? 'what was left over')
  }
  if (damaged.length > 0) {
    log.warn(
      { files: damaged, number: state.number },
      'the store was damaged; it goes on from the last state that is sound, and what is damaged was put aside as *.damaged',
    )
  }
}
