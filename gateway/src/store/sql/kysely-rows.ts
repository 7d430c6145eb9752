import { sql, type Kysely, type SelectQueryBuilder, type Transaction } from 'kysely'
import type { LogExtent, Store, StoreContents } from '../port.ts'
import type { PreparedWrite } from '../prepare.ts'
import type { KeptDocument, KeptEntry } from '../store-state.ts'
import { StoreError } from '../store-error.ts'
import { applyWrites } from './apply-writes.ts'
import { soundDocument, soundNumber } from './sound.ts'
import { AFTER_ALL, fromOrderedText, orderedText } from './ordered-text.ts'
import type { SqlDialect, StoreTables } from './schema.ts'
import type { SqlRows } from './sql-rows.ts'

export interface KyselyRowsOptions {
  readonly database: Kysely<StoreTables>
  readonly dialect: SqlDialect
  /** Of this process, so that it can tell its own commits from others'. */
  readonly instance?: string
  /** Tells errors of a connection that had died already: then a commit that the database was not yet asked to make is tried again. */
  readonly isLost?: (error: unknown) => boolean
  /** How often. */
  readonly repeats?: number
}

/** Others hear of a commit by this name, with its number and whose it was. */
export const CHANNEL = 'jairouter_store'

/** The store in SQL, the same for both databases. Errors are the driver's. */
export class KyselyRows implements SqlRows {
  readonly #database: Kysely<StoreTables>
  readonly #dialect: SqlDialect
  readonly #instance: string
  readonly #isLost: (error: unknown) => boolean
  readonly #repeats: number

  constructor({ database, dialect, instance = '', isLost = () => false, repeats = 0 }: KyselyRowsOptions) {
    this.#database = database
    this.#dialect = dialect
    this.#instance = instance
    this.#isLost = isLost
    this.#repeats = repeats
  }

  async commit(writes: readonly PreparedWrite[]): Promise<number> {
    for (let left = this.#repeats; ; left -= 1) {
      const progress = { asked: false }
      try {
        return await this.#transact(writes, progress)
      } catch (error) {
        // Once the server was asked to commit, it may have done so.
        if (progress.asked || left === 0 || !this.#isLost(error)) throw error
      }
    }
  }

  /**
   * Several commits in one transaction, so that they wait for the disk once: for each its number, or the conflict that it
   * was refused for. Where anything else fails, all of them do.
   */
  commitAll(commits: readonly (readonly PreparedWrite[])[]): Promise<readonly (number | StoreError)[]> {
    return this.#database.transaction().execute(async (transaction) => {
      const results: (number | StoreError)[] = []
      for (const writes of commits) {
        await sql`savepoint one`.execute(transaction)
        try {
          results.push(await this.#write(transaction, writes))
        } catch (error) {
          if (!(error instanceof StoreError && error.kind === 'conflict')) throw error
          await sql`rollback to savepoint one`.execute(transaction)
          results.push(error)
        }
        await sql`release savepoint one`.execute(transaction)
      }
      return results
    })
  }

  #transact(writes: readonly PreparedWrite[], progress: { asked: boolean }): Promise<number> {
    return this.#database.transaction().execute(async (transaction) => {
      const number = await this.#write(transaction, writes)
      if (this.#dialect === 'postgres') {
        // Whoever turned waiting for the disk off for this database did not mean this store.
        await sql`select pg_notify(${CHANNEL}, ${`${number} ${this.#instance}`}), set_config('synchronous_commit',
          case current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end, true)`.execute(
          transaction,
        )
      }
      progress.asked = true
      return number
    })
  }

  async #write(transaction: Transaction<StoreTables>, writes: readonly PreparedWrite[]): Promise<number> {
    // First, since it locks the row: from here on, commits come one after the other and each sees those before it.
    const row = await transaction
      .updateTable('jairouter_meta')
      .set({ number: sql<number>`number + 1`, twin: sql<number>`twin + 1` })
      .returning(['number', 'twin'])
      .executeTakeFirstOrThrow()
    const number = soundNumber('the number of the last commit', row.number, row.twin)
    await applyWrites(transaction, writes, number)
    return number
  }

  async get(collection: string, id: string): Promise<KeptDocument | undefined> {
    const row = await this.#database
      .selectFrom('jairouter_document')
      .select(['revision', 'body', 'digest'])
      .where('collection', '=', orderedText(collection))
      .where('id', '=', orderedText(id))
      .executeTakeFirst()
    return row === undefined ? undefined : soundDocument({ collection, id, row })
  }

  async list(collection: string, { after, prefix = '', limit }: NonNullable<Parameters<Store['list']>[1]> = {}) {
    let query = this.#database
      .selectFrom('jairouter_document')
      .select(['id', 'revision', 'body', 'digest'])
      .where('collection', '=', orderedText(collection))
      .orderBy('id')
    if (prefix !== '') query = query.where('id', '>=', orderedText(prefix)).where('id', '<', orderedText(prefix) + AFTER_ALL)
    if (after !== undefined) query = query.where('id', '>', orderedText(after))
    if (limit !== undefined && Number.isFinite(limit)) query = query.limit(limit)
    const rows = await query.execute()
    return rows.map((row) => {
      const id = fromOrderedText(row.id)
      return { id, ...soundDocument({ collection, id, row }) }
    })
  }

  async read(log: string, query: Parameters<Store['read']>[1]): Promise<readonly Omit<KeptEntry, 'log'>[]> {
    const all = this.#database
      .selectFrom('jairouter_entry')
      .select(['sequence', 'time', 'body', 'hash'])
      .where('log', '=', orderedText(log))
    const rows = await inDirection(all, query).limit(query.limit).execute()
    return rows.map(({ sequence, time, body, hash }) => ({ sequence: Number(sequence), time, text: body, hash }))
  }

  async extent(log: string): Promise<LogExtent> {
    const row = await this.#database
      .selectFrom('jairouter_log')
      .select(['first', 'last', 'base'])
      .where('log', '=', orderedText(log))
      .executeTakeFirst()
    return row === undefined ? { first: 1, last: 0, base: '' } : { first: Number(row.first), last: Number(row.last), base: row.base }
  }

  async counters(prefix: string): Promise<ReadonlyMap<string, number>> {
    let query = this.#database.selectFrom('jairouter_counter').select(['counter', 'value', 'twin'])
    if (prefix !== '') query = query.where('counter', '>=', orderedText(prefix)).where('counter', '<', orderedText(prefix) + AFTER_ALL)
    return new Map(
      (await query.execute()).map(({ counter, value, twin }) => {
        const name = fromOrderedText(counter)
        return [name, soundNumber(`the counter ${name}`, value, twin)]
      }),
    )
  }

  async contents(): Promise<StoreContents> {
    const collections = await this.#database
      .selectFrom('jairouter_document')
      .select(['collection', ({ fn }) => fn.countAll<number | string>().as('documents')])
      .groupBy('collection')
      .execute()
    const logs = await this.#database.selectFrom('jairouter_log').select('log').orderBy('log').execute()
    return {
      number: await this.number(),
      collections: new Map(collections.map(({ collection, documents }) => [fromOrderedText(collection), Number(documents)])),
      logs: logs.map(({ log }) => fromOrderedText(log)),
    }
  }

  async number(): Promise<number> {
    const row = await this.#database.selectFrom('jairouter_meta').select(['number', 'twin']).executeTakeFirstOrThrow()
    return soundNumber('the number of the last commit', row.number, row.twin)
  }
}

type Entries = SelectQueryBuilder<
  StoreTables,
  'jairouter_entry',
  Pick<StoreTables['jairouter_entry'], 'sequence' | 'time' | 'body' | 'hash'>
>

function inDirection(entries: Entries, query: Parameters<Store['read']>[1]): Entries {
  return 'after' in query
    ? entries.where('sequence', '>', query.after).orderBy('sequence', 'asc')
    : entries.where('sequence', '<', query.before).orderBy('sequence', 'desc')
}
