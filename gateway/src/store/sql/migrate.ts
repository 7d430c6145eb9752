import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely'
import { StoreError } from '../store-error.ts'
import type { SqlDialect, StoreTables } from './schema.ts'

interface ColumnTypes {
  /** Compared byte by byte. */
  readonly name: RawBuilder<unknown>
  readonly text: RawBuilder<unknown>
  readonly integer: RawBuilder<unknown>
  readonly real: RawBuilder<unknown>
  /** After the columns. */
  readonly table: RawBuilder<unknown>
}

const TYPES: Readonly<Record<SqlDialect, ColumnTypes>> = {
  sqlite: {
    name: sql`text`,
    text: sql`text`,
    integer: sql`integer`,
    real: sql`real`,
    // No index beside the table, which a quick check would not compare with it.
    table: sql`without rowid`,
  },
  postgres: { name: sql`text collate "C"`, text: sql`text`, integer: sql`bigint`, real: sql`double precision`, table: sql`` },
}

type Migration = (transaction: Transaction<StoreTables>, types: ColumnTypes) => Promise<void>

/** Forward only: what has once been released never changes. */
const MIGRATIONS: readonly Migration[] = [
  async (transaction, { name, text, integer, real, table }) => {
    await sql`create table jairouter_document (
      collection ${name} not null, id ${name} not null, revision ${integer} not null, body ${text} not null,
      digest ${text} not null, primary key (collection, id)) ${table}`.execute(transaction)
    await sql`create table jairouter_log (
      log ${name} not null primary key, first ${integer} not null, last ${integer} not null,
      base ${text} not null, hash ${text} not null) ${table}`.execute(transaction)
    await sql`create table jairouter_entry (
      log ${name} not null, sequence ${integer} not null, time ${real} not null, body ${text} not null, hash ${text} not null,
      primary key (log, sequence)) ${table}`.execute(transaction)
    await sql`create table jairouter_counter (counter ${name} not null primary key, value ${real} not null, twin ${real} not null) ${table}`.execute(
      transaction,
    )
  },
]

/** Any number, the same for all: replicas that start together migrate one after the other. */
const MIGRATION_LOCK = 7_218_005

/** Brings the tables up to date, in one transaction; throws `newer` where a later version has been there. */
export async function migrate(database: Kysely<StoreTables>, dialect: SqlDialect, migrations = MIGRATIONS): Promise<void> {
  const schema = await schemaOf(database)
  if (schema !== undefined) refuseNewer(schema, migrations.length)
  if (schema === migrations.length) return
  await database.transaction().execute(async (transaction) => {
    if (dialect === 'postgres') await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(transaction)
    const { integer } = TYPES[dialect]
    await sql`create table if not exists jairouter_meta (
      one ${integer} not null primary key, schema ${integer} not null, number ${integer} not null, twin ${integer} not null)`.execute(
      transaction,
    )
    await transaction
      .insertInto('jairouter_meta')
      .values({ one: 1, schema: 0, number: 0, twin: 0 })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    const from = (await schemaOf(transaction)) ?? 0
    refuseNewer(from, migrations.length)
    for (const migration of migrations.slice(from)) await migration(transaction, TYPES[dialect])
    await transaction.updateTable('jairouter_meta').set({ schema: migrations.length }).execute()
  })
}

async function schemaOf(database: Kysely<StoreTables>): Promise<number | undefined> {
  const row = await database
    .selectFrom('jairouter_meta')
    .select('schema')
    .executeTakeFirst()
    // The table is not there; anything else will fail again, where it is told.
    .catch(() => undefined)
  return row === undefined ? undefined : Number(row.schema)
}

function refuseNewer(schema: number, known: number): void {
  if (schema <= known) return
  throw new StoreError(
    'newer',
    `The store was written by a later version of JAiRouter (schema ${schema}; this one knows ${known}): start that version, or restore a backup from before the update`,
  )
}
