import { StoreError, type StoreErrorKind } from '../store-error.ts'
import { codeOf } from '../system-fault.ts'

/** By the beginning of the SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html), the longest first. */
const KINDS: readonly (readonly [state: string, kind: StoreErrorKind, reason: string])[] = [
  ['53100', 'full', 'the server has no room left'],
  ['53300', 'unavailable', 'the server has too many connections'],
  ['25006', 'unavailable', 'the server is read-only'],
  ['3D000', 'unavailable', 'there is no database of that name'],
  ['42501', 'unavailable', 'the user may not do that'],
  ['57P', 'unavailable', 'the server is stopping or starting'],
  ['57014', 'unavailable', 'it took too long'],
  ['28', 'unavailable', 'the server refused the user or the password'],
  ['08', 'unavailable', 'the connection was lost'],
  ['40', 'unavailable', 'the server rolled it back'],
  ['XX001', 'damaged', 'the server found damaged data'],
  ['XX002', 'damaged', 'the server found a damaged index'],
]

/** An error of the driver -> what it means for the caller. The server's own text may name addresses and users, and stays inside. */
export function postgresFault(error: unknown, operation: string): StoreError {
  if (error instanceof StoreError) return error
  const code = codeOf(error)
  const [, kind, reason] = KINDS.find(([state]) => code?.startsWith(state) === true) ?? [
    '',
    'unavailable',
    'the server cannot be reached, or refused it',
  ]
  const shown = code === undefined ? '' : ` (${code})`
  return new StoreError(kind as StoreErrorKind, `Could not ${operation} the PostgreSQL database of store.url: ${reason}${shown}`, {
    cause: error,
  })
}

/** The connection had gone, or went before there was an answer. */
export function isLostConnection(error: unknown): boolean {
  const code = codeOf(error)
  if (code === undefined) return error instanceof Error && error.message.startsWith('Connection terminated')
  return /^(?:57P0[123]|08|ECONNRESET$|EPIPE$)/.test(code)
}
