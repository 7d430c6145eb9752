import { join } from 'node:path'
import { codeOf, systemFault } from '../system-fault.ts'
import { readRecord, type LastRecord, type Source } from './load-folder.ts'

/** Undefined: not known. */
type Known = LastRecord & { readonly modifiedAt: number | undefined }

/**
 * The files that hold the state: the newest checkpoint, and the commits since. One that somebody cut off, overwrote or
 * removed takes all that follows it along when the store is opened the next time, so that it has to be found before more is
 * added. Content is read again where the time of the last change is another, and of the last one always.
 */
export class WrittenRecords {
  readonly #source: Source
  readonly #known = new Map<string, Known>()

  constructor(source: Source, records: readonly LastRecord[]) {
    this.#source = source
    for (const record of records) this.#known.set(record.name, { ...record, modifiedAt: undefined })
  }

  async add(record: LastRecord): Promise<void> {
    if (record.kind === 'checkpoint') this.#known.clear()
    this.#known.set(record.name, { ...record, modifiedAt: await this.#modifiedAt(record.name).catch(() => undefined) })
  }

  /** Names of those that are not what was written. Throws where the folder cannot be read. */
  async changed(): Promise<readonly string[]> {
    const last = [...this.#known.keys()].at(-1)
    const found = await Promise.all([...this.#known.values()].map((known) => this.#isChanged(known, known.name === last)))
    return [...this.#known.keys()].filter((_name, index) => found[index] === true)
  }

  async #isChanged(known: Known, read: boolean): Promise<boolean> {
    const modifiedAt = await this.#modifiedAt(known.name)
    if (modifiedAt === undefined) return true
    if (modifiedAt === known.modifiedAt && !read) return false
    const record = await readRecord(this.#source, known.name, known.kind)
    if ('problem' in record || record.checksum !== known.checksum) return true
    this.#known.set(known.name, { ...known, modifiedAt })
    return false
  }

  /** Undefined: it is not there. */
  async #modifiedAt(name: string): Promise<number | undefined> {
    try {
      return await this.#source.files.modifiedAt(join(this.#source.folder, name))
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw systemFault(error, 'look at', name)
    }
  }
}
