import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../store-error.ts'
import type { StoreLog } from '../store-log.ts'
import { copySound, sync } from './backups.ts'
import { DATABASE } from './database-file.ts'
import { damagedInUse, putAside } from './open-database.ts'
import { brokenFile } from './whole-file.ts'

/**
 * Throws where the file was damaged under its open connection. What the connection still has of it, in its memory and in the
 * write-ahead log, takes its place if it is sound as a whole: then nothing is lost, and the next thread opens that. The
 * connection is closed by then: closed later, it would remove the log of the new file.
 */
export function requireWhole(database: DatabaseSync, folder: string, log: Pick<StoreLog, 'warn'>): void {
  const file = join(folder, DATABASE)
  const problem = brokenFile(file)
  // Looked at twice, and only then by a checkpoint of our own: that may make a file that was cut off as long as it was, without what was in it.
  if (problem === undefined || brokenFile(file) === undefined || isBeingWritten(database)) return
  const rescued = `${file}.rescued`
  try {
    copySound(database, rescued)
  } catch {
    rmSync(rescued, { force: true })
    throw damagedInUse(problem)
  }
  database.close()
  const aside = putAside(folder)
  renameSync(rescued, file)
  sync(folder)
  log.warn(
    { problem, aside },
    `${DATABASE} was damaged while it was in use; it was written anew as it was before, and what is damaged was put aside`,
  )
  throw new StoreError(
    'unavailable',
    `${DATABASE} in the folder of store.path was damaged while it was in use, and has just been mended; try again`,
  )
}

/** Another process moves its log into the file: its size says nothing at this moment. */
function isBeingWritten(database: DatabaseSync): boolean {
  try {
    return database.prepare('pragma wal_checkpoint(passive)').get()?.['busy'] === 1
  } catch {
    return false
  }
}
