import { join } from 'node:path'
import { StoreError } from '../store-error.ts'
import { systemFault } from '../system-fault.ts'
import type { FileSystem, OpenFile } from './file-system.ts'

const TEMPORARY = '.tmp'

export function isTemporary(name: string): boolean {
  return name.endsWith(TEMPORARY)
}

/**
 * Puts a file where it belongs so that it is there as a whole, or not at all, whatever happens: everything goes into a
 * file beside it first, whose size and content are looked at again before it takes the name. Fulfilled: it lasts.
 */
export async function writeDurably(files: FileSystem, folder: string, name: string, bytes: Buffer): Promise<void> {
  const temporary = join(folder, `${name}${TEMPORARY}`)
  try {
    const file = await files.create(temporary)
    try {
      await writeAll(file, bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    if (!bytes.equals(await files.read(temporary))) throw new StoreError('unavailable', `What was written to ${name} reads differently`)
    await files.rename(temporary, join(folder, name))
  } catch (error) {
    // Never taken for the file itself: the next one begins it anew.
    await files.remove(temporary).catch(() => undefined)
    throw systemFault(error, 'write', name)
  }
  try {
    await files.syncFolder(folder)
  } catch (error) {
    throw systemFault(error, 'sync the folder of', name)
  }
}

/** In pieces, if it has to be; throws ENOSPC where nothing is taken any more. */
export async function writeAll(file: OpenFile, bytes: Buffer): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const written = await file.write(bytes.subarray(done))
    // A full disk may say so only by taking nothing.
    if (written <= 0) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC' })
    done += written
  }
  if ((await file.size()) !== bytes.length) throw new StoreError('unavailable', 'A file is not as long as what was written to it')
}
