import { actorName } from '../auth/actor.ts'
import { auditWrite, type Origin } from '../auth/audit/audit-entry.ts'
import { compile } from '../config/compile.ts'
import type { CompileProblem } from '../config/compile-problem.ts'
import { secretIdsIn } from '../config/interpolate.ts'
import type { CompleteConfig } from '../config/live-config.ts'
import { formatProblem, type ConfigProblem } from '../config/problem.ts'
import { isoTime } from '../lib/iso-time.ts'
import type { Write } from '../store/port.ts'
import { StoreError } from '../store/store-error.ts'
import { DeskProblem, type ConfigChange, type ConfigVersion, type VersionOrigin } from './config-desk.ts'
import { inForce, writtenOf, type InForce } from './desk-state.ts'
import type { DeskGateway, DeskOptions } from './open-desk.ts'
import type { Loaded } from '../config/load-texts.ts'
import type { Candidate } from './prepare-change.ts'
import type { StoredSecrets } from './stored-secrets.ts'
import { versionsBelow } from './version-history.ts'
import * as book from './version-book.ts'

/** A commit may have been done although the store said that it failed: looked at again after this pause. */
const LOOK_AGAIN_MS = 1_000
const KEYS_CAN_BE_MADE = { keys: new Map(), canBeMade: true, wereMade: false } as const
/** Changes of one version that the audit keeps. */
const AUDITED_CHANGES = 100

/** What a new version is, beside its content. */
export interface Entry {
  readonly origin: Origin
  readonly kind: VersionOrigin
  readonly action: string
  readonly target?: string | undefined
  readonly message?: string | undefined
  readonly restores?: number
  /** Of the config file, where it was taken in. */
  readonly fileDigest?: string
  readonly confirmWithinMs?: number | undefined
}

export interface LedgerListener {
  /** Another version is in force, or its confirmation is another. */
  onMoved(): void
  /** The store may hold something else than it seemed. */
  lookAgain(): void
}

/** The versions in the store, and the one in force. Whoever calls its methods does so one at a time. */
export class VersionLedger {
  readonly #options: DeskOptions
  readonly #secrets: StoredSecrets
  readonly #listener: LedgerListener
  #current: InForce | undefined
  #gateway: DeskGateway | undefined

  constructor(options: DeskOptions, secrets: StoredSecrets, listener: LedgerListener) {
    this.#options = options
    this.#secrets = secrets
    this.#listener = listener
  }

  get current(): InForce {
    if (this.#current === undefined) throw new Error('the desk is not open yet')
    return this.#current
  }

  get isEmpty(): boolean {
    return this.#current === undefined
  }

  attach(gateway: DeskGateway, started: CompleteConfig): void {
    this.#gateway = gateway
    if (this.current.loaded !== started) this.#apply(this.current.loaded)
  }

  readonly check = (loaded: CompleteConfig): readonly CompileProblem[] => {
    const check = this.#gateway?.check ?? this.#options.check
    if (check !== undefined) return check(loaded)
    const compiled = compile(loaded.config, new Map(), { generation: 0, certificates: loaded.certificates, otherKeys: KEYS_CAN_BE_MADE })
    return 'problems' in compiled ? compiled.problems : []
  }

  /** The stored version, put in force; what keeps it from that; undefined where there is none. */
  async start(): Promise<readonly ConfigProblem[] | undefined> {
    const pointer = await book.readPointer(this.#options.store)
    if (pointer.number === 0) return undefined
    const version = await this.#versionOf(pointer)
    const loaded = await this.#load(version)
    if ('problems' in loaded) return loaded.problems
    this.#enter(pointer, version, loaded)
    return []
  }

  /** Puts in force what another replica has. Rejects as the store does, or with a DeskProblem where it can't be used here. */
  async follow(): Promise<void> {
    const pointer = await book.readPointer(this.#options.store)
    const { current } = this
    if (pointer.revision === current.pointer.revision) return
    if (pointer.number === current.version.number) return this.#enter(pointer, current.version, current.loaded, current.written)
    const version = await this.#versionOf(pointer)
    const loaded = await this.#load(version)
    const problems = 'problems' in loaded ? loaded.problems : this.#apply(loaded)
    if ('problems' in loaded || problems.length > 0) {
      const what = problems.map((problem) => formatProblem(problem))
      this.#options.log.error({ version: version.number, problems: what }, 'a version that was made elsewhere cannot be used here')
      throw new DeskProblem('conflict', `Version ${version.number} was made elsewhere and cannot be used here: ${what.join('; ')}`)
    }
    this.#enter(pointer, version, loaded)
  }

  /** One commit: the version, that it is in force, its secrets, the audit, and the end of what is older than is kept. */
  async commit(candidate: Candidate & { readonly loaded: Loaded }, entry: Entry): Promise<ConfigVersion> {
    const { store, now } = this.#options
    const before = this.#current
    const time = now()
    const pointer = before?.pointer ?? (await book.readPointer(store))
    const version = describe({ candidate, entry, number: pointer.number + 1, time })
    const pruned = await this.#toPrune(version, candidate.loaded, entry)
    const next = nextPointer(pointer, version, { entry, time })
    const writes = [
      book.writeVersion(version),
      book.writePointer(next, pointer.revision),
      ...candidate.secrets.writes(time),
      audit(entry, candidate.changes, { version, before: pointer.number, time }),
      ...pruned.map(({ number }) => book.deleteVersion(number)),
    ]
    const revision = await this.#write(writes)
    candidate.secrets.settle()
    const problems = this.#apply(candidate.loaded)
    this.#enter({ ...next, revision }, version, candidate.loaded, candidate.written)
    if (problems.length > 0 && before !== undefined) return this.#takeBack(before, problems)
    if (pruned.some(({ text }) => [...secretIdsIn(text)].some((id) => !secretIdsIn(version.text).has(id)))) await this.sweep()
    return version
  }

  /** Writes beside a version: what is in force stays, but nothing else may have happened since it was looked at. */
  async commitBeside(writes: readonly Write[], pointer: book.NextPointer = this.current.pointer): Promise<void> {
    const { current } = this
    const revision = await this.#write([...writes, book.writePointer(pointer, current.pointer.revision)])
    this.#enter({ ...pointer, revision }, current.version, current.loaded, current.written)
  }

  /** As it was read last, with certificates and references read again. */
  async reload(): Promise<readonly ConfigProblem[]> {
    const { pointer, version, written } = this.current
    const loaded = await this.#load(version)
    const problems = 'problems' in loaded ? loaded.problems : this.#apply(loaded)
    if (!('problems' in loaded) && problems.length === 0) this.#enter(pointer, version, loaded, written)
    return problems
  }

  /** Forgets secrets that nothing refers to any more. What fails here is done the next time. */
  async sweep(): Promise<void> {
    try {
      await this.#secrets.sweep(() => this.#texts())
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      this.#options.log.warn({ error }, 'secrets that are no longer used could not be dropped yet')
    }
  }

  async #write(writes: readonly Write[]): Promise<number> {
    try {
      return await this.#options.store.commit(writes)
    } catch (error) {
      if (error instanceof StoreError && error.kind === 'conflict' && !this.isEmpty) {
        await this.follow()
        throw new DeskProblem('conflict', `The config was changed at the same time: version ${this.current.version.number} is in force`)
      }
      this.#options.schedule?.(LOOK_AGAIN_MS, this.#listener.lookAgain)
      throw error
    }
  }

  async *#texts(): AsyncIterable<string> {
    const versions = versionsBelow(this.#options.store, this.current.version.number + 1)
    for await (const { text, overlay } of versions) yield `${text}\n${overlay ?? ''}`
  }

  async #versionOf({ number }: book.Pointer): Promise<ConfigVersion> {
    const version = number === 0 ? undefined : await book.readVersion(this.#options.store, number)
    if (version === undefined) throw new StoreError('damaged', `The store has no version ${number} of the config, which is to be in force`)
    return version
  }

  async #load(version: ConfigVersion): Promise<Loaded | { readonly problems: readonly ConfigProblem[] }> {
    await this.#secrets.load([version.text, version.overlay ?? ''])
    const loaded = this.#options.load(version, this.#secrets.secretOf)
    if ('problems' in loaded) return loaded
    const problems = this.check(loaded)
    return problems.length === 0 ? loaded : { problems: problems.map(loaded.toConfigProblem) }
  }

  /** Before the gateway is there, nothing has to be done. */
  #apply(loaded: Loaded): readonly ConfigProblem[] {
    return (this.#gateway?.apply(loaded) ?? []).map(loaded.toConfigProblem)
  }

  /** What a backend has said in the meantime made it impossible: the version before is in force again, as a version. */
  async #takeBack(before: InForce, problems: readonly ConfigProblem[]): Promise<never> {
    const { pointer } = this.current
    const version: ConfigVersion = {
      ...before.version,
      number: pointer.number + 1,
      origin: 'rollback',
      restores: before.version.number,
      base: pointer.number,
      author: 'system',
    }
    const next = { number: version.number, ...(pointer.fileDigest === undefined ? {} : { fileDigest: pointer.fileDigest }) }
    const revision = await this.#write([book.writeVersion(version), book.writePointer(next, pointer.revision)])
    this.#enter({ ...next, revision }, version, before.loaded, before.written)
    throw new DeskProblem('invalid_config', problems.map((problem) => formatProblem(problem)).join('; '))
  }

  /** `written`: what the version says, where that has been read already. */
  #enter(pointer: book.Pointer, version: ConfigVersion, loaded: Loaded, written = writtenOf(version)): void {
    this.#current = inForce(pointer, { version, loaded, written }, { env: this.#options.env, secretOf: this.#secrets.secretOf })
    this.#listener.onMoved()
  }

  async #toPrune(version: ConfigVersion, { config }: Loaded, { confirmWithinMs }: Entry): Promise<readonly ConfigVersion[]> {
    const spared = confirmWithinMs === undefined ? undefined : version.base
    return book.versionsToPrune(this.#options.store, { newest: version.number, keep: config.config.keep, spared })
  }
}

function describe({ candidate, entry, number, time }: { candidate: Candidate; entry: Entry; number: number; time: number }): ConfigVersion {
  const { texts } = candidate
  return {
    number,
    author: actorName(entry.origin.actor),
    time: isoTime(time),
    origin: entry.kind,
    message: entry.message ?? '',
    base: number - 1,
    ...(entry.restores === undefined ? {} : { restores: entry.restores }),
    text: texts.text,
    ...(texts.overlay === undefined ? {} : { overlay: texts.overlay }),
  }
}

function nextPointer(pointer: book.Pointer, version: ConfigVersion, { entry, time }: { entry: Entry; time: number }): book.NextPointer {
  const fileDigest = entry.fileDigest ?? pointer.fileDigest
  const { confirmWithinMs } = entry
  return {
    number: version.number,
    ...(fileDigest === undefined ? {} : { fileDigest }),
    ...(confirmWithinMs === undefined ? {} : { confirm: { deadline: time + confirmWithinMs, revertsTo: version.base } }),
  }
}

function audit(
  { origin, action, target, message }: Entry,
  changes: readonly ConfigChange[],
  { version, before, time }: { version: ConfigVersion; before: number; time: number },
): Write {
  const kept = changes.slice(0, AUDITED_CHANGES)
  const valuesOf = (side: 'before' | 'after') =>
    Object.fromEntries(kept.filter((change) => side in change).map((change) => [change.path, change[side]]))
  return auditWrite(origin, {
    action,
    ...(target === undefined ? {} : { target }),
    result: 'ok',
    ...(message === undefined || message === '' ? {} : { message }),
    before: { version: before, values: valuesOf('before') },
    after: { version: version.number, values: valuesOf('after') },
    time,
  })
}
