import type { CompleteConfig } from '../config/live-config.ts'
import type { ConfigProblem } from '../config/problem.ts'
import { grantsOf } from '../config/secrets/secret-grants.ts'
import { auditWrite, type Origin } from '../auth/audit/audit-entry.ts'
import { oneAtATime } from '../lib/one-at-a-time.ts'
import type { Write } from '../store/port.ts'
import { StoreError } from '../store/store-error.ts'
import {
  DeskProblem,
  type ChangeRequest,
  type ConfigState,
  type ConfigVersion,
  type ValidateOptions,
  type Validation,
} from './config-desk.ts'
import { createDrafts, type ConfigDrafts } from './config-drafts.ts'
import { createConfirmTimer, type ConfirmTimer } from './confirm-timer.ts'
import { FileIntake } from './file-intake.ts'
import type { DeskGateway, DeskOptions, OpenDesk } from './open-desk.ts'
import { checkPrepared, type Base, type Candidate, type Wanted } from './prepare-change.ts'
import { StoredSecrets } from './stored-secrets.ts'
import { createTextWork, type DoTextWork } from './texts/text-work.ts'
import { createHistory, type History } from './version-history.ts'
import * as book from './version-book.ts'
import { VersionLedger } from './version-ledger.ts'

const STARTS = 3
const SYSTEM: Origin = { actor: { kind: 'system' } }

type Taken = { readonly version: ConfigVersion } | { readonly problems: readonly ConfigProblem[] }
type Change = ChangeRequest['change']

/** The desk over a store: one thing at a time, each from the newest state on. */
export class DeskKeeper implements OpenDesk {
  readonly drafts: ConfigDrafts
  readonly #options: DeskOptions
  readonly #secrets: StoredSecrets
  readonly #ledger: VersionLedger
  readonly #intake: FileIntake
  readonly #history: History
  readonly #timer: ConfirmTimer
  readonly #work: DoTextWork
  readonly #inTurn = oneAtATime()
  #started: CompleteConfig | undefined
  #isAttached = false
  #stopListening = () => {}

  constructor(given: DeskOptions) {
    const options = { ...given, schedule: given.schedule ?? later }
    const { store, box, now, env, log } = options
    this.#options = options
    // As long as no gateway is there, nobody would be held up, and another thread only costs.
    const work = createTextWork({ ...options, thread: () => (this.#isAttached ? options.thread : undefined) })
    this.#work = work
    this.#secrets = new StoredSecrets(store, box)
    this.#ledger = new VersionLedger(options, this.#secrets, { onMoved: () => this.#moved(), lookAgain: () => void this.#lookAgain() })
    this.#intake = new FileIntake(options, this.#ledger, (texts, base) => this.#prepare(base, { texts, granted: undefined }))
    this.#history = createHistory({ store, env, secrets: this.#secrets, current: () => this.#ledger.current, work })
    this.drafts = createDrafts({ store, box, now, secrets: this.#secrets, current: () => this.#ledger.current, work })
    this.#timer = createConfirmTimer({
      now,
      schedule: options.schedule,
      revert: () => this.#inTurn(() => this.#revertOverdue()),
      onFailure: (error) => log.error({ error }, 'a version that nobody confirmed could not be taken back yet'),
    })
  }

  /** To be called once, before anything else. */
  async open(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#start()
      await this.#revertOverdue()
      await this.#ledger.sweep()
    })
    this.#started = this.#ledger.current.loaded
    this.#stopListening = this.#options.store.onChange(() => void this.#lookAgain())
  }

  /** Several replicas may start at once, and each wants to make the first version. */
  async #start(): Promise<void> {
    for (let tries = STARTS; ; tries -= 1) {
      try {
        return await this.#intake.start()
      } catch (error) {
        if (tries === 1 || !isConflict(error)) throw error
      }
    }
  }

  get state(): ConfigState {
    return this.#ledger.current.state
  }

  get loaded(): CompleteConfig {
    return this.#ledger.current.loaded
  }

  get fileProblems(): readonly ConfigProblem[] {
    return this.#intake.problems
  }

  attach(gateway: DeskGateway): void {
    this.#isAttached = true
    this.#ledger.attach(gateway, this.#started ?? this.loaded)
  }

  close(): void {
    this.#timer.stop()
    this.#options.thread?.close()
    this.#stopListening()
  }

  fileChanged(): Promise<Taken> {
    return this.#inTurn(async () => {
      await this.#ledger.follow()
      return this.#intake.look()
    })
  }

  reload(): Promise<Taken> {
    return this.#inTurn(async () => {
      await this.#ledger.follow()
      const { number } = this.state.version
      const taken = await this.#intake.look()
      if ('problems' in taken || taken.version.number !== number) return taken
      const problems = await this.#ledger.reload()
      return problems.length > 0 ? { problems } : taken
    })
  }

  async validate(change: Change, { base: number, effect, mayChange }: ValidateOptions = {}): Promise<Validation> {
    await this.#inTurn(() => this.#tryFollow())
    const base = number === undefined ? this.#base() : await this.#baseOf(number)
    const candidate = await this.#try(base, change, false)
    const { diagnostics, changes, unified, loaded, exposed } = candidate
    mayChange?.(changes, exposed)
    const seen = effect === undefined || loaded === undefined ? undefined : await effect(this.state.config, loaded.config)
    return { ok: loaded !== undefined, diagnostics, changes, unified, ...(seen === undefined ? {} : { effect: seen }) }
  }

  change(request: ChangeRequest): Promise<Validation & { readonly version: ConfigVersion }> {
    return this.#inTurn(async () => {
      await this.#ledger.follow()
      this.#refuseStale(request)
      request.precondition?.(this.state)
      const candidate = await this.#try(this.#base(), request.change, isTrusted(request.origin))
      this.#refuseManaged(request.origin, candidate)
      const { diagnostics, changes, unified, loaded, texts } = candidate
      if (loaded === undefined) throw new DeskProblem('invalid_config', firstOf(candidate), diagnostics)
      // What is put in force again went there before.
      request.mayChange?.(changes, 'restore' in request.change ? [] : candidate.exposed)
      const current = this.state.version
      const isSameText = texts.text === current.text && texts.overlay === current.overlay
      const version =
        isSameText && !('restore' in request.change) ? current : await this.#ledger.commit({ ...candidate, loaded }, entryOf(request))
      return { ok: true, diagnostics, changes, unified, version }
    })
  }

  confirm(origin: Origin, expect?: number): Promise<ConfigVersion> {
    return this.#inTurn(async () => {
      await this.#ledger.follow()
      this.#refuseOther(expect)
      const { pointer, version } = this.#ledger.current
      if (pointer.confirm === undefined) throw new DeskProblem('nothing_to_confirm', 'No version waits for its confirmation')
      const { confirm: _, revision: __, ...next } = pointer
      await this.#ledger.commitBeside([this.#audit(origin, 'config.confirm', version.number)], next)
      return version
    })
  }

  revert(origin: Origin, expect?: number): Promise<ConfigVersion> {
    return this.#inTurn(async () => {
      await this.#ledger.follow()
      this.#refuseOther(expect)
      return this.#revertTo(this.#ledger.current.pointer.confirm, origin)
    })
  }

  get(number: number): Promise<ConfigVersion | undefined> {
    return this.#history.get(number)
  }

  list(query: { readonly before?: number; readonly limit: number }): Promise<readonly ConfigVersion[]> {
    return this.#history.list(query)
  }

  diff(from: number, to: number): ReturnType<OpenDesk['diff']> {
    return this.#history.diff(from, to)
  }

  blame(path: string): Promise<{ readonly version: ConfigVersion; readonly value: unknown } | undefined> {
    return this.#history.blame(path)
  }

  async configOf(number: number): Promise<CompleteConfig> {
    const candidate = await this.#try(this.#base(), { restore: number }, true)
    if (candidate.loaded === undefined) throw new DeskProblem('invalid_config', firstOf(candidate), candidate.diagnostics)
    return candidate.loaded
  }

  remove(number: number, origin: Origin): Promise<void> {
    return this.#inTurn(async () => {
      await this.#ledger.follow()
      const { pointer } = this.#ledger.current
      if (number === pointer.number) throw new DeskProblem('current_version', `Version ${number} is in force`)
      if (number === pointer.confirm?.revertsTo)
        throw new DeskProblem('current_version', `Version ${number} comes back if nobody confirms the one in force`)
      if ((await this.#history.get(number)) === undefined) throw new DeskProblem('not_found', `There is no version ${number}`)
      await this.#ledger.commitBeside([book.deleteVersion(number), this.#audit(origin, 'config.version.delete', number)])
      await this.#ledger.sweep()
    })
  }

  async #try(base: Base, change: Change, isTrusted: boolean): Promise<Candidate> {
    const wanted = await this.#wanted(base, change)
    return this.#prepare(base, isTrusted ? { ...wanted, granted: undefined } : wanted)
  }

  async #prepare(base: Base, wanted: Wanted): Promise<Candidate> {
    await this.#secrets.load([wanted.texts.text, wanted.texts.overlay ?? '', base.version.text, base.version.overlay ?? ''])
    const secrets = this.#secrets.collect()
    return checkPrepared(await this.#work({ kind: 'prepare', base, wanted }, secrets), secrets, this.#ledger.check)
  }

  async #wanted(base: Base, change: Change): Promise<Wanted> {
    if ('restore' in change) {
      const version = await this.#history.get(change.restore)
      if (version === undefined) throw new DeskProblem('not_found', `There is no version ${change.restore}`)
      return { texts: version, granted: undefined }
    }
    const granted = grantsOf(base.written)
    if ('edits' in change) {
      const texts = await this.#work({ kind: 'edit', base, edits: change.edits }, this.#secrets.collect())
      return { texts, granted }
    }
    const { overlay } = base.version
    return {
      texts: { text: change.text, ...(overlay === undefined ? {} : { overlay }) },
      granted: new Set([...granted, ...(change.granted ?? [])]),
    }
  }

  #base(): Base {
    return this.#ledger.current
  }

  async #baseOf(number: number): Promise<Base> {
    const version = await this.#history.get(number)
    if (version === undefined) throw new DeskProblem('not_found', `There is no version ${number}`)
    const read = await this.#work({ kind: 'read', texts: version }, this.#secrets.collect())
    return { version, written: 'value' in read ? read.value : {} }
  }

  #refuseStale({ expect }: ChangeRequest): void {
    const { version, confirm } = this.state
    this.#refuseOther(expect)
    if (confirm === undefined) return
    throw new DeskProblem(
      'conflict',
      `Version ${version.number} waits until ${confirm.by} for its confirmation: confirm or revert it first`,
    )
  }

  #refuseOther(expect: number | undefined): void {
    const { number } = this.state.version
    if (expect !== undefined && expect !== number) throw new DeskProblem('conflict', `Version ${number} is in force, not ${expect}`)
  }

  #refuseManaged({ actor }: Origin, { unified }: Candidate): void {
    if (actor.kind === 'system' || !this.#intake.isManaged(this.state.config)) return
    const patch = unified === '' ? [] : [{ pointer: '', code: 'patch', message: unified }]
    throw new DeskProblem('managed_by_file', 'The config is managed by its file (config.managed: file): make this change there', patch)
  }

  async #revertOverdue(): Promise<void> {
    if (!this.#ledger.isEmpty) await this.#tryFollow()
    const { confirm } = this.#ledger.current.pointer
    if (confirm === undefined || confirm.deadline > this.#options.now()) return
    try {
      await this.#revertTo(confirm, SYSTEM)
    } catch (error) {
      // Another replica was faster, and what it did has been taken over.
      if (!isConflict(error)) throw error
    }
  }

  async #revertTo(confirm: book.PendingConfirm | undefined, origin: Origin): Promise<ConfigVersion> {
    if (confirm === undefined) throw new DeskProblem('nothing_to_confirm', 'No version waits for its confirmation')
    const { revertsTo } = confirm
    const candidate = await this.#try(this.#base(), { restore: revertsTo }, true)
    const { loaded } = candidate
    if (loaded === undefined) throw new DeskProblem('invalid_config', firstOf(candidate), candidate.diagnostics)
    const message = origin === SYSTEM ? 'Not confirmed in time' : 'Taken back'
    return this.#ledger.commit(
      { ...candidate, loaded },
      { origin, kind: 'rollback', action: 'config.revert', target: `config/versions/${revertsTo}`, message, restores: revertsTo },
    )
  }

  #audit(origin: Origin, action: string, number: number): Write {
    return auditWrite(origin, { action, target: `config/versions/${number}`, result: 'ok', time: this.#options.now() })
  }

  #moved(): void {
    this.#timer.watch(this.#ledger.current.pointer)
  }

  /** What cannot be read at the moment is looked at again with the next change. */
  async #tryFollow(): Promise<void> {
    try {
      await this.#ledger.follow()
    } catch (error) {
      if (!(error instanceof StoreError || error instanceof DeskProblem)) throw error
      this.#options.log.warn({ error }, 'what other replicas have changed could not be taken over yet')
    }
  }

  #lookAgain(): Promise<void> {
    return this.#inTurn(() => this.#tryFollow())
  }
}

function isConflict(error: unknown): boolean {
  return (error instanceof StoreError && error.kind === 'conflict') || (error instanceof DeskProblem && error.code === 'conflict')
}

/** Who has the machine has its secrets. */
function isTrusted({ actor }: Origin): boolean {
  return actor.kind !== 'user'
}

function entryOf({ change, origin, action, target, message, confirmWithinMs }: ChangeRequest) {
  const kind = 'restore' in change ? 'rollback' : action === 'config.scan' ? 'scan' : 'api'
  return { origin, kind, action, target, message, confirmWithinMs, ...('restore' in change ? { restores: change.restore } : {}) } as const
}

function firstOf({ diagnostics }: Candidate): string {
  const [first] = diagnostics
  return first === undefined ? 'The config would not be valid' : `${first.pointer === '' ? '' : `${first.pointer}: `}${first.message}`
}

function later(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs).unref()
  return () => clearTimeout(timer)
}
