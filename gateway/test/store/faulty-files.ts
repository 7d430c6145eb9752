import { nodeFileSystem, type FileSystem, type OpenFile } from '../../src/store/file/file-system.ts'

export type FaultCode = 'ENOSPC' | 'EIO' | 'EROFS' | 'ENOENT' | 'EMFILE'

/** The operations that write, in the order in which they are counted. */
export interface FaultyFiles extends FileSystem {
  /** Operations so far. */
  readonly operations: readonly string[]
  /** From the n-th operation from now on, each fails: `times` of them, then none. Replaces what was said before. */
  failFrom(n: number, code: FaultCode, times?: number): void
  heal(): void
  /** Writes take at most this many bytes at a time. */
  shortWrites(bytes: number): void
}

/** The real file system with faults in between. Reading fails only with ENOENT, as where a folder is gone. */
export function faultyFiles(): FaultyFiles {
  const operations: string[] = []
  let fault: { from: number; to: number; code: FaultCode } | undefined
  let most = Infinity
  const count = (operation: string): void => {
    operations.push(operation)
    if (fault === undefined || operations.length < fault.from || operations.length >= fault.to) return
    throw Object.assign(new Error(`${operation} fails`), { code: fault.code })
  }
  const counted =
    <Parameters extends readonly unknown[], Result>(name: string, run: (...parameters: Parameters) => Promise<Result>) =>
    async (...parameters: Parameters): Promise<Result> => {
      count(name)
      return run(...parameters)
    }
  const faultyFile = (file: OpenFile): OpenFile => ({
    write: counted('write', (bytes: Uint8Array) => file.write(bytes.subarray(0, most))),
    sync: counted('sync', () => file.sync()),
    size: () => file.size(),
    close: () => file.close(),
  })
  const create = counted('create', nodeFileSystem.create)
  return {
    ...nodeFileSystem,
    operations,
    failFrom: (n, code, times = Infinity) => {
      fault = { from: operations.length + n, to: operations.length + n + times, code }
    },
    heal: () => {
      fault = undefined
    },
    shortWrites: (bytes) => {
      most = bytes
    },
    create: async (path) => faultyFile(await create(path)),
    rename: counted('rename', nodeFileSystem.rename),
    remove: counted('remove', nodeFileSystem.remove),
    syncFolder: counted('syncFolder', nodeFileSystem.syncFolder),
  }
}
