import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../store-error.ts'
import { soundNumberOf } from './inspect.ts'

const FOLDER = 'backups'
const GENERATIONS = 5
const DIGITS = 16
const NAME = /^jairouter-(\d{16})\.db$/
const OWNER_ONLY = 0o600
const OWNER_ONLY_FOLDER = 0o700

export interface Backup {
  readonly name: string
  /** Of the last commit that is in it. */
  readonly number: number
  /** Epoch milliseconds. */
  readonly madeAt: number
}

/** Oldest first. */
export function listBackups(folder: string): readonly Backup[] {
  const backups = join(folder, FOLDER)
  if (!existsSync(backups)) return []
  return readdirSync(backups)
    .toSorted()
    .flatMap((name): Backup[] => {
      const match = NAME.exec(name)
      return match === null ? [] : [{ name, number: Number(match[1]), madeAt: statSync(join(backups, name)).mtimeMs }]
    })
}

/** Copies the database as it is after its last commit, looks at the copy, and forgets the oldest of more than five. */
export function makeBackup(database: DatabaseSync, folder: string, number: number): Backup {
  const backups = join(folder, FOLDER)
  mkdirSync(backups, { recursive: true, mode: OWNER_ONLY_FOLDER })
  const name = `jairouter-${String(number).padStart(DIGITS, '0')}.db`
  const temporary = join(backups, `${name}.tmp`)
  try {
    copySound(database, temporary)
    renameSync(temporary, join(backups, name))
    sync(backups)
  } finally {
    rmSync(temporary, { force: true })
  }
  const all = listBackups(folder)
  for (const old of all.slice(0, -GENERATIONS)) rmSync(join(backups, old.name), { force: true })
  return { name, number, madeAt: statSync(join(backups, name)).mtimeMs }
}

/** Copies what a connection sees, and looks at the copy: throws where it is not sound. It is on the disk afterwards. */
export function copySound(database: DatabaseSync, to: string): void {
  rmSync(to, { force: true })
  database.prepare('vacuum into ?').run(to)
  chmodSync(to, OWNER_ONLY)
  if (soundNumberOf(to) === undefined) throw new StoreError('damaged', 'The backup of jairouter.db is not sound')
  sync(to)
}

/** The newest that is sound. */
export function newestSoundBackup(folder: string): Backup | undefined {
  return listBackups(folder).findLast(({ name }) => soundNumberOf(join(folder, FOLDER, name)) !== undefined)
}

/** Puts a backup in the place of the database, which must not be there any more. */
export function restoreBackup(folder: string, { name }: Backup, file: string): void {
  const temporary = `${file}.tmp`
  copyFileSync(join(folder, FOLDER, name), temporary)
  chmodSync(temporary, OWNER_ONLY)
  sync(temporary)
  renameSync(temporary, file)
  sync(folder)
}

/** Of a file, or of a folder. */
export function sync(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
