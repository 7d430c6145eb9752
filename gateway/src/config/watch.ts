import { createHash } from 'node:crypto'
import { createReadStream, realpathSync, statSync, watch, type FSWatcher } from 'node:fs'
import { basename, dirname } from 'node:path'
import { MAX_CONFIG_BYTES, readBounded } from './read-file.ts'

export interface WatchOptions {
  /** Absolute. What is no regular file (a pipe) is left alone: it can be read only once. */
  readonly files: readonly string[]
  /** Some content is other than at the last call, or than when the watch began, and has stayed so for `settleMs`. */
  readonly onChange: () => void
  /** Default 50. */
  readonly settleMs?: number
  /** Pause between looks that need no event: network and container file systems send none. Default 5,000. */
  readonly pollMs?: number
  /** As node:fs has it; throws where watching is not possible, and the poll is all there is then. */
  readonly watchDirectory?: WatchDirectory
  /** What the files hold, as a text that is another when they hold something else. Default: their digests. */
  readonly look?: (files: readonly string[]) => Promise<string>
}

type WatchDirectory = (directory: string, listener: (event: string, name: string | null) => void) => FSWatcher

/**
 * Watches the directories of the files, since editors replace a file by renaming another over it, and Kubernetes swaps
 * a symlink (`..data`) beside it: a watch on the file itself would stay with the old one. Start it before the first
 * reading, so that no change falls between the two. Keeps no process alive.
 */
export function watchFiles(options: WatchOptions): { close(): void } {
  const { onChange, settleMs = 50, pollMs = 5_000, watchDirectory = watchQuietly, look = fingerprintLater } = options
  const files = options.files.filter(isReadableAgain)
  const names = new Set(files.map((file) => basename(file)))
  let settled = fingerprint(files)
  let seen = settled
  let closed = false
  let checking = false
  let timer: NodeJS.Timeout | undefined

  function checkSoon(): void {
    if (closed) return
    clearTimeout(timer)
    timer = setTimeout(() => void check(), settleMs).unref()
  }

  async function check(): Promise<void> {
    if (checking) return checkSoon()
    checking = true
    const now = await look(files)
    checking = false
    if (closed) return
    const isStable = now === seen
    seen = now
    if (now === settled) return
    // A file that is still being written looks different the next time.
    if (!isStable) return checkSoon()
    settled = now
    onChange()
  }

  const watchers = directoriesOf(files).flatMap((directory) => {
    try {
      const watcher = watchDirectory(directory, (_event, name) => {
        if (name === null || names.has(name) || name.startsWith('..')) checkSoon()
      })
      return [watcher.on('error', () => watcher.close())]
    } catch {
      return []
    }
  })
  const poll = setInterval(() => void check(), pollMs).unref()

  return {
    close() {
      closed = true
      clearTimeout(timer)
      clearInterval(poll)
      for (const watcher of watchers) watcher.close()
    },
  }
}

const watchQuietly: WatchDirectory = (directory, listener) => watch(directory, { persistent: false }, listener)

function isReadableAgain(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? true
}

/** Where the files stand, and where those are that they may be links to. */
function directoriesOf(files: readonly string[]): string[] {
  const directories = files.flatMap((file) => {
    try {
      return [dirname(file), dirname(realpathSync(file))]
    } catch {
      return [dirname(file)]
    }
  })
  return [...new Set(directories)]
}

const MISSING = 'missing'

function fingerprint(files: readonly string[]): string {
  return files.map((file) => digestNow(file)).join(' ')
}

function digestNow(file: string): string {
  try {
    return createHash('sha256').update(readBounded(file)).digest('hex')
  } catch {
    return MISSING
  }
}

async function fingerprintLater(files: readonly string[]): Promise<string> {
  const digests = await Promise.all(
    files.map(async (file) => {
      try {
        const hash = createHash('sha256')
        // `end` is the last byte that is read: one beyond the limit, as readBounded does.
        for await (const chunk of createReadStream(file, { end: MAX_CONFIG_BYTES })) hash.update(chunk)
        return hash.digest('hex')
      } catch {
        return MISSING
      }
    }),
  )
  return digests.join(' ')
}
