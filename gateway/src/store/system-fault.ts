import { StoreError, type StoreErrorKind } from './store-error.ts'

const KINDS: Readonly<Record<string, StoreErrorKind>> = { ENOSPC: 'full', EDQUOT: 'full', EFBIG: 'full' }

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'there is no room left',
  EDQUOT: 'the quota is used up',
  EFBIG: 'the file would be too large',
  EROFS: 'the file system is read-only',
  EACCES: 'permission is denied',
  EPERM: 'it is not permitted',
  ENOENT: 'it does not exist any more',
  EIO: 'the device reported an error',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
}

export function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/** A failed operation on a file -> what it means for who wrote. `file`: its name without its folder. */
export function systemFault(error: unknown, operation: string, file: string): StoreError {
  if (error instanceof StoreError) return error
  const code = codeOf(error)
  const reason = code === undefined ? 'for a reason unknown' : `${REASONS[code] ?? 'the operating system refused it'} (${code})`
  const kind = (code === undefined ? undefined : KINDS[code]) ?? 'unavailable'
  return new StoreError(kind, `Could not ${operation} ${file} in the folder of store.path: ${reason}`, { cause: error })
}
