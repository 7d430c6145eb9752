import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DATABASE } from './database-file.ts'
import type { RestingFiles } from './worker-protocol.ts'

/** Twice and a worker's start fit into the second that the port promises. */
const EVERY_MS = 350

export interface FileWatchOptions {
  readonly folder: string
  /** Reads the number of the last commit. */
  readonly number: () => Promise<number>
}

/**
 * Notices the commits of other processes: looks at the files now and then, and where they have changed asks for the
 * number of the last commit. Idle while nobody listens.
 */
export class FileWatch {
  readonly #options: FileWatchOptions
  readonly #listeners = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined
  #looking = false
  #fingerprint = ''
  #seen = 0

  constructor(options: FileWatchOptions) {
    this.#options = options
  }

  /** Of a commit, whoever made it. */
  saw(number: number): void {
    this.#seen = Math.max(this.#seen, number)
  }

  /** A commit of this process. Where numbers are missing in between, another process has taken them. */
  committed(number: number): void {
    const between = number > this.#seen + 1
    this.saw(number)
    if (between) this.#tell()
  }

  /** Whoever had the files open has closed them, which has changed them; nobody need be asked what that was. */
  rests({ fingerprint, number }: RestingFiles): void {
    const news = number > this.#seen
    this.#fingerprint = fingerprint
    this.saw(number)
    if (news) this.#tell()
  }

  onChange(listener: () => void): () => void {
    const own = () => listener()
    this.#listeners.add(own)
    this.#timer ??= setInterval(() => void this.#look(), EVERY_MS).unref()
    return () => {
      this.#listeners.delete(own)
      if (this.#listeners.size === 0) this.stop()
    }
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  async #look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      const fingerprint = await fingerprintOf(this.#options.folder)
      if (fingerprint === this.#fingerprint) return
      const seen = this.#seen
      const number = await this.#options.number()
      this.#fingerprint = fingerprint
      // Meanwhile a commit of this process may have been answered: it has told if there was more.
      const news = number > this.#seen && number > seen
      this.saw(number)
      if (news) this.#tell()
    } catch {
      // It is looked at again in a moment.
    } finally {
      this.#looking = false
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

/** An empty log says as much as none: SQLite makes it when it opens, and removes it when it closes. */
export async function fingerprintOf(folder: string): Promise<string> {
  const files = [DATABASE, `${DATABASE}-wal`].map(async (name) => {
    const { size, mtimeMs, ino } = await stat(join(folder, name)).catch(() => ({ size: 0, mtimeMs: 0, ino: 0 }))
    return size === 0 ? '' : `${size} ${mtimeMs} ${ino}`
  })
  return (await Promise.all(files)).join(' ')
}
