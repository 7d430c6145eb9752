import { StoreError, type StoreErrorKind } from '../store-error.ts'
import { systemFault } from '../system-fault.ts'
import { DATABASE } from './database-file.ts'

/** The lower byte of an extended result code is the code (https://sqlite.org/rescode.html). */
const PRIMARY = 0xff
const IOERR = 10

const RESULTS: Readonly<Record<number, readonly [kind: StoreErrorKind, reason: string]>> = {
  // Our statements never change: the tables must have.
  1: ['damaged', 'its tables are not as they should be'],
  5: ['unavailable', 'another process has locked it for too long'],
  6: ['unavailable', 'it is locked'],
  7: ['unavailable', 'there is no memory left'],
  8: ['unavailable', 'it is read-only'],
  [IOERR]: ['unavailable', 'the disk reported an error'],
  11: ['damaged', 'it is damaged'],
  13: ['full', 'there is no room left'],
  14: ['unavailable', 'it cannot be opened'],
  26: ['damaged', 'it is not a database'],
}

/** After an error of the disk, nothing that is open is trusted any more. */
export function isDiskFault(error: unknown): boolean {
  return resultOf(error) === IOERR
}

/** An error of SQLite or of the file system -> what it means for the caller. Errors of ours pass. */
export function sqliteFault(error: unknown, operation: string, file = DATABASE): StoreError {
  if (error instanceof StoreError) return error
  const result = resultOf(error)
  if (result === undefined) return systemFault(error, operation, file)
  const [kind, reason] = RESULTS[result] ?? ['unavailable', 'SQLite refused it']
  return new StoreError(kind, `Could not ${operation} ${file} in the folder of store.path: ${reason} (SQLite ${result})`, {
    cause: error,
  })
}

function resultOf(error: unknown): number | undefined {
  const code = typeof error === 'object' && error !== null && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code & PRIMARY : undefined
}
