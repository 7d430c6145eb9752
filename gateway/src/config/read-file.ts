import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

/** 5 MB: a config of thousands of backends is below one. */
export const MAX_CONFIG_BYTES = 5 * 1024 ** 2

/** Up to MAX_CONFIG_BYTES + 1 bytes of a file, so that one that is too long shows, and a device or pipe without end does no harm. Throws as node:fs does. */
export function readBounded(file: string): Uint8Array {
  return readFrom(openSync(file, 'r'))
}

/** Of a file that a config names: whoever may change that may not have the gateway wait for a pipe that nobody writes to. */
export function readBoundedFile(file: string): Uint8Array {
  return readFrom(openSync(file, constants.O_RDONLY | constants.O_NONBLOCK), (descriptor) => {
    if (!fstatSync(descriptor).isFile()) throw new Error('not a regular file')
  })
}

function readFrom(descriptor: number, check: (descriptor: number) => void = () => {}): Uint8Array {
  try {
    check(descriptor)
    const chunks: Uint8Array[] = []
    let total = 0
    while (total <= MAX_CONFIG_BYTES) {
      const chunk = Buffer.allocUnsafe(64 * 1024)
      const length = readSync(descriptor, chunk, 0, Math.min(chunk.length, MAX_CONFIG_BYTES + 1 - total), null)
      if (length === 0) break
      chunks.push(chunk.subarray(0, length))
      total += length
    }
    return Buffer.concat(chunks)
  } finally {
    closeSync(descriptor)
  }
}

/** Why a file could not be read, in words; never the file's content. */
export function describeReadError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file'
  if (code === 'EISDIR') return 'is a directory, not a file'
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user'
  return `cannot be read (${typeof code === 'string' ? code : 'unknown error'})`
}
