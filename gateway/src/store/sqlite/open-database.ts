import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../store-error.ts'
import type { StoreLog } from '../store-log.ts'
import { listBackups, newestSoundBackup, restoreBackup } from './backups.ts'
import { connect } from './connect.ts'
import { DATABASE } from './database-file.ts'
import { inspect, inspectHeader, inspectLogs } from './inspect.ts'
import { sqliteFault } from './sqlite-fault.ts'
import { brokenFile, readHeader } from './whole-file.ts'

const OWNER_ONLY_FOLDER = 0o700
/** More than there can have been since a backup: numbers of commits that are lost are not given again. */
const LOST_COMMITS = 1_000_000

export interface OpenedDatabase {
  readonly database: DatabaseSync
  /** It was damaged: its numbers go on from this many above. */
  readonly skip: number
}

/**
 * The first time that a process opens it. What is damaged is put aside and the newest backup that is sound takes its
 * place; without one it throws `damaged`. It is never begun anew where there was something.
 */
export function openFirst(folder: string, log: Pick<StoreLog, 'warn'>): OpenedDatabase {
  const file = join(folder, DATABASE)
  mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_FOLDER })
  const problem = isEmpty(file) ? emptiness(folder, file) : undefined
  const opened = problem ?? openSound(file)
  if (typeof opened !== 'string') {
    for (const line of inspectLogs(opened))
      log.warn({ problem: line }, 'a log in the store was changed or damaged; "jairouter store verify" says where')
    return { database: opened, skip: 0 }
  }
  const backup = newestSoundBackup(folder)
  if (backup === undefined)
    throw new StoreError('damaged', `${DATABASE} in the folder of store.path is damaged (${opened}), and there is no backup that is sound`)
  const aside = putAside(folder)
  restoreBackup(folder, backup, file)
  log.warn(
    { problem: opened, aside, backup: backup.name },
    `${DATABASE} was damaged; the newest backup took its place, and what is damaged was put aside`,
  )
  return { database: connect(file), skip: LOST_COMMITS }
}

/** Again, in a process that has had it open, or only to look at it: it must be there, and is taken as it is. */
export function openAgain(folder: string, rewrite: boolean): DatabaseSync {
  const file = join(folder, DATABASE)
  if (isEmpty(file)) throw new StoreError('unavailable', `${DATABASE} in the folder of store.path is not there`)
  const broken = brokenFile(file)
  if (broken !== undefined) throw damagedInUse(broken)
  const database = connect(file)
  // After a failed sync, what the system has in memory may never reach the disk: everything is written anew.
  if (rewrite) database.exec('pragma wal_checkpoint(truncate)')
  return database
}

/** Somebody has damaged the file of a gateway that runs. A backup may be older than what it has said is written: who runs it has to decide. */
export function damagedInUse(problem: string): StoreError {
  return new StoreError(
    'damaged',
    `${DATABASE} in the folder of store.path is damaged: ${problem}. Put it back, or start the gateway again: the newest backup takes its place then`,
  )
}

/** Tells whether the file at that path is still the one that was opened. */
export function fileIdentity(folder: string): string {
  const { ino, dev } = statSync(join(folder, DATABASE))
  return `${dev} ${ino}`
}

function openSound(file: string): DatabaseSync | string {
  let database: DatabaseSync | undefined
  try {
    database = connect(file)
    const [problem] = [...inspectHeader(database, readHeader(file)), ...inspect(database)]
    if (problem === undefined) return database
    database.close()
    return problem
  } catch (error) {
    database?.close()
    const fault = sqliteFault(error, 'open')
    if (fault.kind === 'damaged') return fault.message
    throw fault
  }
}

/** Why an empty file is no new one; undefined: it is. */
function emptiness(folder: string, file: string): string | undefined {
  if (sizeOf(`${file}-wal`) > 0) return 'it is empty, though its log is not'
  return listBackups(folder).length > 0 ? 'it is empty, though there are backups' : undefined
}

function isEmpty(file: string): boolean {
  return sizeOf(file) === 0
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

/** With its log and its shared memory, which must not be taken for the next one's. */
export function putAside(folder: string, database = DATABASE): string {
  const free = Array.from({ length: 10_000 }, (_, index) => `${database}.damaged-${index + 1}`).find(
    (name) => !existsSync(join(folder, name)),
  )
  const aside = free ?? `${database}.damaged`
  for (const suffix of ['', '-wal']) {
    const from = join(folder, `${database}${suffix}`)
    if (existsSync(from)) renameSync(from, join(folder, `${aside}${suffix}`))
  }
  rmSync(join(folder, `${database}-shm`), { force: true })
  return aside
}
