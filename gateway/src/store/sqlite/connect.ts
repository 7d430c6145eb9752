import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { SqliteDialect, type SqliteDatabase, type SqliteStatement } from 'kysely'

/** How long a statement waits for another process. */
const BUSY_MS = 5_000
const OWNER_ONLY = 0o600
/** Statements that are kept compiled. */
const STATEMENTS = 60

/** WAL; every commit waits for the disk, or only checkpoints do (`normal`): then a machine that fails takes the last commits with it. The file can be read by its owner alone. */
export function connect(file: string, synchronous: 'full' | 'normal' = 'full'): DatabaseSync {
  closeSync(openSync(file, 'a', OWNER_ONLY))
  const database = new DatabaseSync(file, { timeout: BUSY_MS })
  try {
    database.exec(`pragma journal_mode = wal; pragma synchronous = ${synchronous}; pragma cell_size_check = on`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** node:sqlite in the shape that Kysely expects. */
export function dialectOver(database: DatabaseSync): SqliteDialect {
  const statements = new Map<string, StatementSync>()
  const compiled = (sql: string): StatementSync => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const made = database.prepare(sql)
    // What a statement without rows tells may not fit a number: FTS5 leaves a row id of its own behind that does not.
    if (made.columns().length === 0) made.setReadBigInts(true)
    statements.set(sql, made)
    for (const oldest of statements.keys()) if (statements.size > STATEMENTS) statements.delete(oldest)
    return made
  }
  const adapted: SqliteDatabase = {
    close: () => database.close(),
    prepare: (sql): SqliteStatement => {
      // After some errors SQLite has rolled back already, and asking again would hide the first error.
      if (sql === 'rollback' && !database.isTransaction) return NOTHING
      const statement = compiled(sql)
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...(parameters as readonly SQLInputValue[])),
        run: (parameters) => statement.run(...(parameters as readonly SQLInputValue[])),
        iterate: (parameters) => statement.iterate(...(parameters as readonly SQLInputValue[])),
      }
    },
  }
  return new SqliteDialect({ database: adapted })
}

const NOTHING: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
}
