import { DatabaseSync } from 'node:sqlite'
import { chainHash } from '../chain.ts'
import { refuseNewer } from '../sql/migrate.ts'
import { fromOrderedText } from '../sql/ordered-text.ts'
import { soundDocument, soundNumber } from '../sql/sound.ts'
import { StoreError } from '../store-error.ts'

/** Entries of each log that are looked at, the newest; `verifyLog` walks them all. */
const ENTRIES = 10_000
const PROBLEMS = 10
const TABLES = ['jairouter_counter', 'jairouter_document', 'jairouter_entry', 'jairouter_log', 'jairouter_meta']
/** Bytes of the header that say how to read and how to write it: 1 or 2. With another one SQLite would only read (https://sqlite.org/fileformat.html 1.3.3). */
const VERSIONS = [18, 19]

/** Throws where a later version has written it; says what is wrong with what SQLite itself does not look at. */
export function inspectHeader(database: DatabaseSync, header: Buffer): readonly string[] {
  if (header.length > 0 && VERSIONS.some((at) => header[at] !== 1 && header[at] !== 2)) return ['its header is not one of SQLite']
  const meta = database.prepare("select 1 from sqlite_master where name = 'jairouter_meta'").all()
  if (meta.length > 0) for (const { schema } of database.prepare('select schema from jairouter_meta').all()) refuseNewer(Number(schema))
  return []
}

/** What is wrong with a database, as far as SQLite and digests can tell, so that it must not be gone on from: one line each. */
export function inspect(database: DatabaseSync): readonly string[] {
  const rows = database.prepare(`pragma quick_check(${PROBLEMS})`).all()
  const problems = rows.map((row) => String(Object.values(row)[0])).filter((line) => line !== 'ok')
  if (problems.length > 0) return problems
  const tables = tablesOf(database)
  // Just begun.
  if (tables.length === 0) return []
  if (TABLES.some((table) => !tables.includes(table))) return ['there are not all of its tables']
  return [documentProblems, numberProblems].flatMap((look) => [...look(database)].slice(0, PROBLEMS))
}

/**
 * Chains of logs that do not hold. No reason to go back to a backup: that would lose what came after it, revocations and
 * the newest entries among it, and give whoever changes an entry the power to do so.
 */
export function inspectLogs(database: DatabaseSync): readonly string[] {
  return tablesOf(database).length === 0 ? [] : [...logProblems(database)].slice(0, PROBLEMS)
}

function tablesOf(database: DatabaseSync): readonly string[] {
  const tables = database.prepare("select name from sqlite_master where type = 'table' order by name").all()
  return tables.map(({ name }) => String(name))
}

function* documentProblems(database: DatabaseSync): Iterable<string> {
  for (const row of database.prepare('select collection, id, revision, body, digest from jairouter_document').iterate()) {
    const [collection, id] = [fromOrderedText(String(row['collection'])), fromOrderedText(String(row['id']))]
    const content = { revision: Number(row['revision']), body: String(row['body']), digest: String(row['digest']) }
    yield* problemOf(() => soundDocument({ collection, id, row: content }))
  }
}

function* numberProblems(database: DatabaseSync): Iterable<string> {
  const meta = database.prepare('select number, twin from jairouter_meta').all()
  if (meta.length !== 1) yield 'jairouter_meta has not one row'
  for (const { number, twin } of meta) yield* problemOf(() => soundNumber('the number of the last commit', Number(number), Number(twin)))
  for (const { counter, value, twin } of database.prepare('select counter, value, twin from jairouter_counter').iterate())
    yield* problemOf(() => soundNumber(`the counter ${String(counter)}`, Number(value), Number(twin)))
}

function problemOf(look: () => unknown): readonly string[] {
  try {
    look()
    return []
  } catch (error) {
    return [error instanceof StoreError ? error.message : String(error)]
  }
}

function* logProblems(database: DatabaseSync): Iterable<string> {
  const entries = database.prepare('select sequence, time, body, hash from jairouter_entry where log = ? order by sequence desc limit ?')
  const logs = database.prepare('select log, first, last, base, hash from jairouter_log').all()
  for (const head of logs) {
    const log = String(head['log'])
    let [sequence, expected] = [Number(head['last']), String(head['hash'])]
    // From the newest backwards: what an entry is chained to is known once the one before it has been read.
    let entry: { readonly time: number; readonly body: string } | undefined
    const isSound = (previous: string) =>
      entry === undefined || chainHash(previous, { sequence, time: entry.time }, entry.body) === expected
    let sound = true
    let looked = 0
    for (const row of entries.iterate(log, ENTRIES)) {
      const hash = String(row['hash'])
      sound &&=
        entry === undefined
          ? hash === expected && Number(row['sequence']) === sequence
          : isSound(hash) && Number(row['sequence']) === sequence - 1
      if (!sound) break
      sequence = Number(row['sequence'])
      expected = hash
      entry = { time: Number(row['time']), body: String(row['body']) }
      looked += 1
    }
    // All of it was looked at: the oldest follows from what was trimmed.
    if (sound && looked < ENTRIES)
      sound = entry === undefined ? sequence === Number(head['first']) - 1 : sequence === head['first'] && isSound(String(head['base']))
    if (!sound) yield `the chain of the log ${fromOrderedText(log)} is broken at entry ${sequence}, or after it`
  }
}

/** The number of the last commit of a database that is sound; undefined where it is not, or is of another kind. */
export function soundNumberOf(file: string): number | undefined {
  try {
    const database = new DatabaseSync(file, { readOnly: true })
    try {
      if (inspect(database).length > 0) return undefined
      const number = database.prepare('select number from jairouter_meta').get()?.['number']
      return typeof number === 'number' ? number : undefined
    } finally {
      database.close()
    }
  } catch {
    return undefined
  }
}
