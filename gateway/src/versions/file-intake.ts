import type { Config } from '@jairouter/contract/config'
import type { Origin } from '../auth/audit/audit-entry.ts'
import { type ConfigProblem } from '../config/problem.ts'
import type { ConfigTexts } from '../config/source.ts'
import type { ConfigVersion } from './config-desk.ts'
import { digestOfTexts, NoUsableConfig, type DeskOptions } from './open-desk.ts'
import type { Base, Candidate } from './prepare-change.ts'
import type { VersionLedger } from './version-ledger.ts'

const FILE: Origin = { actor: { kind: 'file' } }
const SYSTEM: Origin = { actor: { kind: 'system' } }

const NOTHING: Base = {
  version: { number: 0, author: '', time: '', origin: 'file', message: '', base: 0, text: '' },
  written: {},
}

type Taken = { readonly version: ConfigVersion } | { readonly problems: readonly ConfigProblem[] }
type Prepare = (texts: ConfigTexts, base: Base) => Promise<Candidate>

/** Makes versions of the config file: of one that is another than the last that was taken in. */
export class FileIntake {
  /** Why the file is not in force. */
  problems: readonly ConfigProblem[] = []
  readonly #options: DeskOptions
  readonly #ledger: VersionLedger
  readonly #prepare: Prepare

  constructor(options: DeskOptions, ledger: VersionLedger, prepare: Prepare) {
    this.#options = options
    this.#ledger = ledger
    this.#prepare = prepare
  }

  /** What is to be in force from the start. Rejects with a NoUsableConfig. */
  async start(): Promise<void> {
    const stored = await this.#ledger.start()
    const isUsable = stored !== undefined && stored.length === 0
    if (this.#options.readFile === undefined) {
      if (isUsable) return
      if (stored !== undefined) throw new NoUsableConfig(stored)
      await this.#take(
        { text: this.#options.seed },
        { origin: SYSTEM, kind: 'scan', action: 'config.seed', message: 'Without a config file' },
        NOTHING,
      )
      return
    }
    const texts = this.#options.readFile()
    if ('problems' in texts) {
      if (!isUsable) throw new NoUsableConfig(texts.problems)
      this.#report(texts.problems)
      return
    }
    if (!isUsable) {
      // A stored version that can't be used any more does not keep a file that can be from being used.
      const taken = await this.#take(texts, { ...ENTRY, fileDigest: digestOfTexts(texts) }, NOTHING)
      if ('problems' in taken) throw new NoUsableConfig(taken.problems)
      return
    }
    await this.look(texts)
  }

  /** Takes the file in if it is another. */
  async look(given?: ConfigTexts): Promise<Taken> {
    const { current } = this.#ledger
    const texts = given ?? this.#options.readFile?.() ?? { text: current.version.text }
    if (this.#options.readFile === undefined) return { version: current.version }
    if ('problems' in texts) return this.#report(texts.problems)
    const fileDigest = digestOfTexts(texts)
    this.problems = []
    if (fileDigest !== current.pointer.fileDigest) return this.#take(texts, { ...ENTRY, fileDigest }, current)
    if (!/\bmanaged\b/.test(`${texts.text}${texts.overlay ?? ''}`)) return { version: current.version }
    return this.#takeIfManaged(texts, fileDigest)
  }

  /** Whether the file alone says what the config is. */
  isManaged({ config }: Config): boolean {
    return config.managed === 'file' && this.#options.readFile !== undefined
  }

  /** The API may have changed things before the file was said to be the only one. */
  async #takeIfManaged(texts: ConfigTexts, fileDigest: string): Promise<Taken> {
    const { current } = this.#ledger
    const { loaded } = await this.#prepare(texts, current)
    if (loaded === undefined || !this.isManaged(loaded.config)) return { version: current.version }
    return this.#take(texts, { ...ENTRY, fileDigest }, current)
  }

  async #take(texts: ConfigTexts, entry: Parameters<VersionLedger['commit']>[1], base: Base): Promise<Taken> {
    const candidate = await this.#prepare(texts, base)
    const { loaded } = candidate
    if (loaded === undefined) {
      const other = candidate.diagnostics.map(({ message }) => ({ file: 'config', line: 0, column: 0, path: '', message }))
      return this.#report(candidate.problems.length > 0 ? candidate.problems : other)
    }
    this.problems = []
    const isSame = candidate.texts.text === base.version.text && candidate.texts.overlay === base.version.overlay
    if (!isSame) return { version: await this.#ledger.commit({ ...candidate, loaded }, entry) }
    const { pointer } = this.#ledger.current
    const { fileDigest } = entry
    if (fileDigest !== undefined && fileDigest !== pointer.fileDigest) {
      const { revision: _, ...next } = pointer
      await this.#ledger.commitBeside([], { ...next, fileDigest })
    }
    return { version: base.version }
  }

  #report(problems: readonly ConfigProblem[]): { readonly problems: readonly ConfigProblem[] } {
    this.problems = problems
    return { problems }
  }
}

const ENTRY = { origin: FILE, kind: 'file', action: 'config.file', message: 'From the config file' } as const
