import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { dirname } from 'node:path'

/** Places in the header of a database (https://sqlite.org/fileformat.html 1.3). */
const HEADER_BYTES = 100
const MAGIC = 'SQLite format 3\0'
const PAGE_SIZE = 16
const CHANGE_COUNTER = 24
const PAGES = 28
/** Number of pages is valid for this change counter. */
const VALID_FOR = 92
/** What stands for 64 KB, which two bytes do not hold. */
const LARGEST_PAGE = 65_536

/** The first bytes of a file; fewer where it has fewer. */
export function readHeader(file: string): Buffer {
  return lookAt(file).header
}

/**
 * Why a file cannot be the database that is in use; undefined: it looks like it. While it is in use, SQLite itself does not
 * notice that somebody has cut it off or written over it: it goes on from what it has in memory, and what it then says is
 * written is gone with the next start. The write-ahead log never makes the file smaller than its header says.
 */
export function brokenFile(file: string): string | undefined {
  // Where the whole folder is away, it may come back.
  if (!existsSync(file) && existsSync(dirname(file))) return 'it was removed'
  const { header, size } = lookAt(file)
  if (header.length < HEADER_BYTES) return 'it was cut off'
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC) return 'it was overwritten'
  if (header.readUInt32BE(CHANGE_COUNTER) !== header.readUInt32BE(VALID_FOR)) return undefined
  const said = header.readUInt16BE(PAGE_SIZE)
  return size < (said === 1 ? LARGEST_PAGE : said) * header.readUInt32BE(PAGES) ? 'it was cut off' : undefined
}

function lookAt(file: string): { readonly header: Buffer; readonly size: number } {
  const header = Buffer.alloc(HEADER_BYTES)
  const descriptor = openSync(file, 'r')
  try {
    return { header: header.subarray(0, readSync(descriptor, header, 0, HEADER_BYTES, 0)), size: fstatSync(descriptor).size }
  } finally {
    closeSync(descriptor)
  }
}
