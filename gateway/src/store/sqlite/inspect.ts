import { DatabaseSync } from 'node:sqlite'
import { chainHash } from '../chain.ts'
import { fromOrderedText } from '../sql/ordered-text.ts'
import { soundDocument, soundNumber } from '../sql/sound.ts'
import { StoreError } from '../store-error.ts'

/** Entries of each log that are looked at, the newest; `verifyLog` walks them all. */
const ENTRIES = 10_000
const PROBLEMS = 10

/** What is wrong with a database, as far as SQLite, digests and hashes can tell: one line each. */
export function inspect(database: DatabaseSync): readonly string[] {
  const rows = database.prepare(`pragma quick_check(${PROBLEMS})`).all()
  const problems = rows.map((row) => String(Object.values(row)[0])).filter((line) => line !== 'ok')
  if (problems.length > 0) return problems
  const known = database.prepare("select 1 from sqlite_master where type = 'table' and name = 'jairouter_document'").all()
  if (known.length === 0) return []
  return [documentProblems, numberProblems, logProblems].flatMap((look) => [...look(database)].slice(0, PROBLEMS))
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
