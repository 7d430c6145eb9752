import type { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import type { PreparedWrite } from '../prepare.ts'
import { KyselyRows } from '../sql/kysely-rows.ts'
import { migrate } from '../sql/migrate.ts'
import type { StoreTables } from '../sql/schema.ts'
import { StoreError } from '../store-error.ts'
import type { StoreLog } from '../store-log.ts'
import { listBackups, makeBackup, type Backup } from './backups.ts'
import { dialectOver } from './connect.ts'
import { DATABASE } from './database-file.ts'
import { inspect, inspectLogs } from './inspect.ts'
import { fingerprintOf } from './file-watch.ts'
import { fileIdentity, openAgain, openFirst } from './open-database.ts'
import { requireWhole } from './rescue.ts'
import type { RestingFiles, WorkerData, WorkerMethods } from './worker-protocol.ts'
import type { WorkerSession } from './worker-server.ts'

const COMMITS_PER_BACKUP = 1_000
const BACKUP_AFTER_MS = 86_400_000
/** Commits after which a backup that failed is tried again. */
const RETRY_AFTER = 20

/** The database while a worker has it open. */
export class SqliteSession implements WorkerSession {
  readonly methods: WorkerMethods
  readonly #database: DatabaseSync
  readonly #rows: KyselyRows
  readonly #folder: string
  readonly #readOnly: boolean
  readonly #log: Pick<StoreLog, 'warn'>
  readonly #identity: string
  #backup: Backup | undefined
  #number = 0
  #notBefore = 0

  private constructor({ folder, readOnly }: WorkerData, database: DatabaseSync, kysely: Kysely<StoreTables>, log: Pick<StoreLog, 'warn'>) {
    this.#folder = folder
    this.#readOnly = readOnly
    this.#database = database
    this.#log = log
    this.#identity = fileIdentity(folder)
    this.#backup = listBackups(folder).at(-1)
    const rows = new KyselyRows({ database: kysely, dialect: 'sqlite' })
    this.#rows = rows
    this.methods = {
      commit: (writes) => this.#committed(() => rows.commit(writes)),
      get: (collection, id) => rows.get(collection, id),
      list: (collection, query) => rows.list(collection, query),
      read: (log_, query) => rows.read(log_, query),
      extent: (log_) => rows.extent(log_),
      counters: (prefix) => rows.counters(prefix),
      contents: () => rows.contents(),
      number: () => rows.number(),
      check: () => Promise.resolve([...inspect(database), ...inspectLogs(database)]),
      close: () => this.#close(kysely),
    }
  }

  /** Throws what SQLite and the file system throw, and StoreErrors. */
  static async open(data: WorkerData, log: Pick<StoreLog, 'warn'>, now: number): Promise<SqliteSession> {
    const { database, skip } = data.first ? openFirst(data.folder, log) : { database: openAgain(data.folder, data.rewrite), skip: 0 }
    try {
      const kysely = new Kysely<StoreTables>({ dialect: dialectOver(database) })
      await migrate(kysely, 'sqlite')
      if (skip > 0)
        await kysely
          .updateTable('jairouter_meta')
          .set({ number: sql<number>`number + ${skip}`, twin: sql<number>`twin + ${skip}` })
          .execute()
      const session = new SqliteSession(data, database, kysely, log)
      session.#number = await session.methods.number()
      if (data.first && session.#number > (session.#backup?.number ?? 0)) session.#makeBackup()
      session.afterwards(now)
      return session
    } catch (error) {
      if (database.isOpen) database.close()
      throw error
    }
  }

  /** What a commit need not wait for. */
  afterwards(now: number): void {
    if (this.#readOnly) return
    const backup = this.#backup
    if (backup === undefined || this.#number <= backup.number || this.#number < this.#notBefore) return
    if (this.#number - backup.number >= COMMITS_PER_BACKUP || now - backup.madeAt >= BACKUP_AFTER_MS) this.#makeBackup()
  }

  /** Commits that waited together: the number of each, or why it was refused. */
  commitAll(commits: readonly unknown[]): Promise<readonly (number | StoreError)[]> {
    // As they came for `commit`.
    return this.#committed(() => this.#rows.commitAll(commits as readonly (readonly PreparedWrite[])[]))
  }

  async #committed<Answer>(commit: () => Promise<Answer>): Promise<Answer> {
    requireWhole(this.#database, this.#folder, this.#log)
    this.#requireSameFile()
    const answer = await commit()
    this.#number = await this.#rows.number()
    // The first one is waited for: from then on, an empty file is known to be none that was just begun.
    if (this.#backup === undefined && this.#number >= this.#notBefore) this.#makeBackup()
    return answer
  }

  /** With the connection goes what it has in memory of a file that was damaged in the meantime. */
  async #close(kysely: Kysely<StoreTables>): Promise<RestingFiles | undefined> {
    try {
      if (!this.#database.isOpen) return undefined
      if (!this.#readOnly) {
        requireWhole(this.#database, this.#folder, this.#log)
        // Closing would empty the log into the file, and that must not look like somebody else's commit after the last look.
        this.#database.exec('pragma wal_checkpoint(truncate)')
      }
      // In this order: what comes in between changes the files again.
      const fingerprint = await fingerprintOf(this.#folder)
      return { fingerprint, number: await this.#rows.number() }
    } finally {
      if (this.#database.isOpen) await kysely.destroy()
    }
  }

  /** SQLite would go on writing to a file that somebody has removed. */
  #requireSameFile(): void {
    if (fileIdentity(this.#folder) !== this.#identity)
      throw new StoreError('unavailable', `${DATABASE} in the folder of store.path is not the file that was opened`)
  }

  #makeBackup(): void {
    try {
      this.#backup = makeBackup(this.#database, this.#folder, this.#number)
    } catch (error) {
      this.#notBefore = this.#number + RETRY_AFTER
      this.#log.warn({ problem: error instanceof Error ? error.message : String(error) }, `no backup of ${DATABASE} could be made`)
    }
  }
}
