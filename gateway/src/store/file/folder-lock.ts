import { join } from 'node:path'
import { StoreError } from '../store-error.ts'
import { codeOf, systemFault } from '../system-fault.ts'
import { writeAll } from './durable-file.ts'
import type { FileSystem } from './file-system.ts'
import { isRunning, thisProcess, type ProcessIdentity } from './process-identity.ts'

const LOCK = 'lock'
/** Of a lock that another host holds: whether its process lives can be told only by what it does to the file. */
const STALE_AFTER_MS = 20_000
const HEARTBEAT_MS = 5_000
const TRIES = 5

export interface FolderLock {
  /** Throws where the folder is not this process's any more. */
  verify(): Promise<void>
  release(): Promise<void>
}

/** Makes this process the only writer of a folder, or throws a conflict. What a dead process has left is taken over. */
export async function lockFolder(files: FileSystem, folder: string, now: () => number): Promise<FolderLock> {
  const text = `${JSON.stringify({ ...thisProcess(), token: crypto.randomUUID() })}\n`
  const path = join(folder, LOCK)
  const own = join(folder, `${LOCK}.${process.pid}.${crypto.randomUUID()}.tmp`)
  try {
    await writeOwn(files, own, text)
    await take({ files, path, own, text, now })
  } catch (error) {
    throw systemFault(error, 'make', 'the lock')
  } finally {
    await files.remove(own).catch(() => undefined)
  }
  const heartbeat = setInterval(() => void files.touch(path, now()).catch(() => undefined), HEARTBEAT_MS)
  heartbeat.unref()
  const isOurs = async () => (await files.read(path)).toString('utf8') === text
  const again = async () => {
    await writeOwn(files, own, text)
    try {
      return await linked(files, own, path)
    } finally {
      await files.remove(own).catch(() => undefined)
    }
  }
  return {
    verify: async () => {
      const held = await isOurs().catch((error: unknown) => {
        if (codeOf(error) !== 'ENOENT') throw error
        // Somebody has removed it; nobody else has taken it, or the link is refused.
        return again()
      })
      if (!held) throw new StoreError('unavailable', 'The lock in the folder of store.path is not the one of this process')
    },
    release: async () => {
      clearInterval(heartbeat)
      if (await isOurs().catch(() => false)) await files.remove(path).catch(() => undefined)
    },
  }
}

async function writeOwn(files: FileSystem, path: string, text: string): Promise<void> {
  const file = await files.create(path)
  try {
    await writeAll(file, Buffer.from(text))
  } finally {
    await file.close()
  }
}

interface Attempt {
  readonly files: FileSystem
  readonly path: string
  readonly own: string
  readonly text: string
  readonly now: () => number
}

async function take(attempt: Attempt): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (await linked(attempt.files, attempt.own, attempt.path)) return
    const held = await attempt.files.read(attempt.path).catch(() => undefined)
    if (held === undefined) continue
    const holder = parseHolder(held)
    if (holder !== undefined && (await isHeld(attempt, holder)))
      throw new StoreError(
        'conflict',
        `Another process (${describe(holder)}) holds the folder of store.path; only one at a time may write it`,
      )
    await putAside(attempt, held)
  }
  throw new StoreError('conflict', 'Another process takes the folder of store.path at the same time')
}

async function linked(files: FileSystem, own: string, path: string): Promise<boolean> {
  try {
    await files.link(own, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Takes a stale lock away; puts it back if it turns out that another process was faster, and this is its new one. */
async function putAside({ files, path, own }: Attempt, stale: Buffer): Promise<void> {
  const aside = `${own}.stale`
  try {
    await files.rename(path, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  if (!(await files.read(aside)).equals(stale)) await linked(files, aside, path)
  await files.remove(aside)
}

async function isHeld({ files, path, now }: Attempt, holder: ProcessIdentity): Promise<boolean> {
  if (holder.host === thisProcess().host) return isRunning(holder)
  const at = await files.modifiedAt(path).catch(() => 0)
  return now() - at < STALE_AFTER_MS
}

/** Undefined: not a lock that was ever written as a whole. */
function parseHolder(bytes: Buffer): ProcessIdentity | undefined {
  try {
    const { host, pid, started } = JSON.parse(bytes.toString('utf8')) as Readonly<Record<string, unknown>>
    return typeof host === 'string' && typeof pid === 'number' && typeof started === 'string' ? { host, pid, started } : undefined
  } catch {
    return undefined
  }
}

function describe({ host, pid }: ProcessIdentity): string {
  return host === thisProcess().host ? `process ${pid}` : `process ${pid} on ${host}`
}
