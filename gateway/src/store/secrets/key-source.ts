import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { StoreError } from '../store-error.ts'
import { codeOf, systemFault } from '../system-fault.ts'
import { KEY_BYTES, parseKey, SecretKey } from './secret-key.ts'

export const KEY_VARIABLE = 'JAIROUTER_SECRET_KEY'
export const PREVIOUS_VARIABLE = 'JAIROUTER_SECRET_KEY_PREVIOUS'
export const KEY_FILE = 'secret.key'
export const PREVIOUS_FILE = 'secret.key.previous'

const OWNER_ONLY = 0o600
const OWNER_ONLY_FOLDER = 0o700
const OTHERS = 0o077

export type KeyEnvironment = Readonly<Record<string, string | undefined>>

/** The key in use, and the one before while there is one. */
export interface SecretKeys {
  readonly current: SecretKey
  readonly previous: SecretKey | undefined
  readonly from: 'environment' | 'file'
}

/** Makes a key file where neither the environment nor the folder has a key; says whether it did. */
export function ensureKey(env: KeyEnvironment, folder: string): boolean {
  if (keyOf(env, KEY_VARIABLE) !== undefined || keyIn(folder, KEY_FILE) !== undefined) return false
  return makeKey(folder)
}

/** Keys of the environment, or of files in the folder. Throws StoreErrors that name what is wrong. */
export function readKeys(env: KeyEnvironment, folder: string): SecretKeys {
  const fromEnvironment = keyOf(env, KEY_VARIABLE)
  if (fromEnvironment !== undefined) return { current: fromEnvironment, previous: keyOf(env, PREVIOUS_VARIABLE), from: 'environment' }
  const current = keyIn(folder, KEY_FILE)
  if (current === undefined)
    throw new StoreError(
      'damaged',
      `${KEY_FILE} is not in the folder of store.path any more: put it back, or give the key as ${KEY_VARIABLE}`,
    )
  return { current, previous: keyOf(env, PREVIOUS_VARIABLE) ?? keyIn(folder, PREVIOUS_FILE), from: 'file' }
}

/** Makes a new key file; the old one stays as the previous. Nothing is lost wherever it is interrupted. */
export function replaceKeyFile(folder: string): void {
  const old = readPrivate(folder, KEY_FILE)
  if (old !== undefined) writePrivate(folder, PREVIOUS_FILE, old)
  writePrivate(folder, KEY_FILE, newKeyText())
}

function keyOf(env: KeyEnvironment, variable: string): SecretKey | undefined {
  const text = env[variable]
  if (text === undefined || text === '') return undefined
  const bytes = parseKey(text)
  if (bytes === undefined)
    throw new StoreError('unavailable', `${variable} is not 32 bytes as base64 or hex; "openssl rand -base64 32" makes such a key`)
  return new SecretKey(bytes)
}

function keyIn(folder: string, name: string): SecretKey | undefined {
  const text = readPrivate(folder, name)
  if (text === undefined) return undefined
  const bytes = parseKey(text)
  if (bytes === undefined)
    throw new StoreError(
      'damaged',
      `${name} in the folder of store.path is not 32 bytes as base64 or hex: restore it, or give the key as ${KEY_VARIABLE}`,
    )
  return new SecretKey(bytes)
}

/** False: another process that started at the same time was first, and has made it. */
function makeKey(folder: string): boolean {
  const temporary = join(folder, `${KEY_FILE}.${process.pid}.tmp`)
  try {
    mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_FOLDER })
    writeSynced(temporary, newKeyText())
    linkSync(temporary, join(folder, KEY_FILE))
    syncFolder(folder)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw systemFault(error, 'write', KEY_FILE)
  } finally {
    rmSync(temporary, { force: true })
  }
}

function newKeyText(): string {
  return `${randomBytes(KEY_BYTES).toString('base64')}\n`
}

/** Undefined: there is none. Refuses what others may read. */
function readPrivate(folder: string, name: string): string | undefined {
  let descriptor: number
  try {
    descriptor = openSync(join(folder, name), 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw systemFault(error, 'read', name)
  }
  try {
    const mode = fstatSync(descriptor).mode & 0o777
    if ((mode & OTHERS) !== 0)
      throw new StoreError(
        'unavailable',
        `${name} in the folder of store.path can be read by others (mode 0${mode.toString(8)}): chmod 600 it`,
      )
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}

function writePrivate(folder: string, name: string, text: string): void {
  const temporary = join(folder, `${name}.${process.pid}.tmp`)
  try {
    writeSynced(temporary, text)
    renameSync(temporary, join(folder, name))
    syncFolder(folder)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw systemFault(error, 'write', name)
  }
}

function writeSynced(path: string, text: string): void {
  const descriptor = openSync(path, 'w', OWNER_ONLY)
  try {
    fchmodSync(descriptor, OWNER_ONLY)
    if (writeSync(descriptor, text) !== Buffer.byteLength(text)) throw Object.assign(new Error('short'), { code: 'ENOSPC' })
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
