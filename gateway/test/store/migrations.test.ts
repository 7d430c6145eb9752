import { join } from 'node:path'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { migrate } from '../../src/store/sql/migrate.ts'
import type { SqlDialect, StoreTables } from '../../src/store/sql/schema.ts'
import { connect, dialectOver } from '../../src/store/sqlite/connect.ts'
import { temporaryDirectory } from '../support/run-cli.ts'
import { startPostgres, type PostgresServer } from './postgres-server.ts'

type Migrations = NonNullable<Parameters<typeof migrate>[2]>
type Database = Kysely<StoreTables>

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server.stop(), 60_000)

/** Opens connections to one new place. */
async function place(dialect: SqlDialect): Promise<() => Database> {
  const file = join(await temporaryDirectory(), 'jairouter.db')
  const url = dialect === 'postgres' ? await server.createPlace() : ''
  return () => {
    const made =
      dialect === 'sqlite' ? dialectOver(connect(file)) : new PostgresDialect({ pool: new Pool({ connectionString: url, max: 2 }) })
    const database = new Kysely<StoreTables>({ dialect: made })
    onTestFinished(() => database.destroy())
    return database
  }
}

const never = () => Promise.reject(new Error('what was done is not done again'))
/** A second version of the tables. */
const next: Migrations = [never, async (transaction) => void (await sql`create table jairouter_next (one text)`.execute(transaction))]

const schemaOf = async (database: Database) =>
  Number((await database.selectFrom('jairouter_meta').select('schema').executeTakeFirst())?.schema)
const rowsOf = async (database: Database, table: string) => (await sql`select * from ${sql.table(table)}`.execute(database)).rows

describe.each(['sqlite', 'postgres'] as const)('the tables of %s', (dialect) => {
  it('are brought up to date once, and what is in them stays', async () => {
    const database = (await place(dialect))()
    await migrate(database, dialect)
    await sql`insert into jairouter_counter (counter, value, twin) values ('kept', 7, 7)`.execute(database)
    await migrate(database, dialect, next)
    await migrate(database, dialect, next)
    expect([await schemaOf(database), await rowsOf(database, 'jairouter_next')]).toEqual([2, []])
    expect(await rowsOf(database, 'jairouter_counter')).toMatchObject([{ counter: 'kept' }])
    // There is no way back.
    await expect(migrate(database, dialect)).rejects.toMatchObject({ kind: 'newer', message: expect.stringContaining('schema 2') })
  })

  it('are as they were when that fails half-way, of several steps too', async () => {
    const database = (await place(dialect))()
    await migrate(database, dialect)
    const broken: Migrations = [...next, () => Promise.reject(new Error('a step that fails'))]
    await expect(migrate(database, dialect, broken)).rejects.toThrow('a step that fails')
    expect(await schemaOf(database)).toBe(1)
    await expect(rowsOf(database, 'jairouter_next')).rejects.toThrow()
    await migrate(database, dialect, next)
    expect(await schemaOf(database)).toBe(2)
  })

  it('are brought up to date by one of several that start at once', async () => {
    const open = await place(dialect)
    // On one connection after the other where the calls do not wait for each other by themselves.
    const databases = dialect === 'postgres' ? [open(), open(), open()] : [open()]
    await Promise.all(databases.map((database) => migrate(database, dialect)))
    await Promise.all(databases.map((database) => migrate(database, dialect, next)))
    for (const database of databases) expect(await schemaOf(database)).toBe(2)
  })
})
