import { constants } from 'node:fs'
import { link, mkdir, open, readdir, readFile, rename, stat, unlink, utimes } from 'node:fs/promises'

export interface OpenFile {
  /** May write less than it was given; says how much. */
  write(bytes: Uint8Array): Promise<number>
  sync(): Promise<void>
  /** Bytes in the file. */
  size(): Promise<number>
  close(): Promise<void>
}

/** What the file store asks of the operating system; tests put faults in between. Failures have a `code` as Node's do. */
export interface FileSystem {
  /** Makes it if it is not there, and those above it. */
  makeFolder(path: string): Promise<void>
  /** Names in a folder, in no order. */
  list(folder: string): Promise<readonly string[]>
  read(path: string): Promise<Buffer>
  /** A new, empty file that only its owner may read or write, in place of one that is there. */
  create(path: string): Promise<OpenFile>
  rename(from: string, to: string): Promise<void>
  /** Fails with EEXIST where `to` is there. */
  link(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** Makes what was renamed or removed in a folder last. */
  syncFolder(path: string): Promise<void>
  /** Epoch milliseconds. */
  modifiedAt(path: string): Promise<number>
  touch(path: string, atMs: number): Promise<void>
}

const OWNER_ONLY = 0o600
const OWNER_ONLY_FOLDER = 0o700
const MS_PER_SECOND = 1_000

export const nodeFileSystem: FileSystem = {
  makeFolder: async (path) => void (await mkdir(path, { recursive: true, mode: OWNER_ONLY_FOLDER })),
  list: (folder) => readdir(folder),
  read: (path) => readFile(path),
  create: async (path) => {
    const handle = await open(path, 'w', OWNER_ONLY)
    return {
      write: async (bytes) => (await handle.write(bytes)).bytesWritten,
      sync: () => handle.sync(),
      size: async () => (await handle.stat()).size,
      close: () => handle.close(),
    }
  },
  rename,
  link,
  remove: unlink,
  syncFolder: async (path) => {
    const handle = await open(path, constants.O_RDONLY)
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
  modifiedAt: async (path) => (await stat(path)).mtimeMs,
  touch: (path, atMs) => utimes(path, atMs / MS_PER_SECOND, atMs / MS_PER_SECOND),
}
