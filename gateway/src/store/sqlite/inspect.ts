import { DatabaseSync } from 'node:sqlite'
import { soundDocument } from '../sql/document-digest.ts'
import { fromOrderedText } from '../sql/ordered-text.ts'
import { StoreError } from '../store-error.ts'

/** What is wrong with a database, as far as it can tell itself and digests can: one line each. `quick`: without the indexes. */
export function inspect(database: DatabaseSync, quick: boolean): readonly string[] {
  const rows = database.prepare(quick ? 'pragma quick_check(10)' : 'pragma integrity_check(10)').all()
  const problems = rows.map((row) => String(Object.values(row)[0])).filter((line) => line !== 'ok')
  if (problems.length > 0) return problems
  const known = database.prepare("select 1 from sqlite_master where type = 'table' and name = 'jairouter_document'").all()
  return known.length === 0 ? [] : damagedDocuments(database)
}

function damagedDocuments(database: DatabaseSync): readonly string[] {
  const problems: string[] = []
  for (const row of database.prepare('select collection, id, revision, body, digest from jairouter_document').iterate()) {
    const [collection, id] = [fromOrderedText(String(row['collection'])), fromOrderedText(String(row['id']))]
    const content = { revision: Number(row['revision']), body: String(row['body']), digest: String(row['digest']) }
    try {
      soundDocument({ collection, id, row: content })
    } catch (error) {
      problems.push(error instanceof StoreError ? error.message : String(error))
    }
  }
  return problems
}

/** The number of the last commit of a database that is sound; undefined where it is not, or is of another kind. */
export function soundNumber(file: string): number | undefined {
  try {
    const database = new DatabaseSync(file, { readOnly: true })
    try {
      if (inspect(database, true).length > 0) return undefined
      const number = database.prepare('select number from jairouter_meta').get()?.['number']
      return typeof number === 'number' ? number : undefined
    } finally {
      database.close()
    }
  } catch {
    return undefined
  }
}
