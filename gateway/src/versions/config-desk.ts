import type { Config } from '@jairouter/contract/config'
import type { ProblemDetail } from '@jairouter/contract/management/problem'
import type { Origin } from '../auth/audit/audit-entry.ts'
import type { ConfigEdit } from '../config/edit/config-edit.ts'

export type { ConfigEdit, ConfigPath, ConfigStep } from '../config/edit/config-edit.ts'

export interface ConfigChange {
  readonly op: 'added' | 'removed' | 'changed'
  /** As `formatPath` writes it: `backends[gpu-1].weight` where items have names. */
  readonly path: string
  /** As written, secrets masked. */
  readonly before?: unknown
  readonly after?: unknown
  /** `moved`: a stored secret that was taken away because its backend goes to another server now. */
  readonly reason?: 'moved'
}

export type VersionOrigin = 'file' | 'api' | 'rollback' | 'scan'

export interface ConfigVersion {
  /** From 1. */
  readonly number: number
  readonly author: string
  /** ISO time. */
  readonly time: string
  readonly origin: VersionOrigin
  readonly message: string
  /** The version that it was made from; 0: none. */
  readonly base: number
  /** Of a rollback: whose content it has. */
  readonly restores?: number
  /** YAML as written, with `${VAR}` and references to stored secrets, never with a secret. */
  readonly text: string
  /** Laid over it (`JAIROUTER_ENV`). */
  readonly overlay?: string
}

/** What takes the place of nothing: a change that is being tried out or has been made. */
export interface Validation {
  readonly ok: boolean
  readonly diagnostics: readonly ProblemDetail[]
  readonly changes: readonly ConfigChange[]
  /** Unified diff of the YAML. */
  readonly unified: string
  readonly effect?: unknown
}

export type MayChange = (changes: readonly ConfigChange[], exposed: readonly string[]) => void

export interface ChangeRequest {
  readonly change:
    | { readonly edits: readonly ConfigEdit[] }
    /** `granted`: of a draft, which stored secrets it may send where (`secret-grants.ts`), beside what is so already. */
    | { readonly text: string; readonly granted?: readonly string[] }
    | { readonly restore: number }
  readonly origin: Origin
  /** For the audit: `backend.update`, and what it was done to. */
  readonly action: string
  readonly target?: string
  readonly message?: string
  /** The version that must be in force. */
  readonly expect?: number
  /** Looks at what is in force before anything is done; throws to refuse. */
  readonly precondition?: (current: ConfigState) => void
  /** Looks at what would change, and at the places where a variable of the environment, or an adapter's secret, would go that it does not go to now; throws to refuse. */
  readonly mayChange?: MayChange
  /** Milliseconds after which it is taken back unless it was confirmed. */
  readonly confirmWithinMs?: number
}

/** What is in force. */
export interface ConfigState {
  readonly version: ConfigVersion
  /** As it is written, overlay laid over it, before references are resolved: plain data, secrets masked as `{ set, last4, from }`. */
  readonly written: Readonly<Record<string, unknown>>
  /** As it holds: defaults filled in, references resolved. Holds secrets. */
  readonly config: Config
  /** Present while a version waits for its confirmation. */
  readonly confirm?: { readonly by: string; readonly revertsTo: number }
}

export interface ValidateOptions {
  /** Version that is compared with, and that edits are made to; the one in force when left out. */
  readonly base?: number
  /** Looks at a change that would be valid; what it returns, or a promise of it, stands in the answer as `effect`. */
  readonly effect?: (before: Config, after: Config) => unknown
  /** As of a change. */
  readonly mayChange?: MayChange | undefined
}

/** Where the config is changed while it runs. Every change is checked, stored, audited and in force when its promise is fulfilled. */
export interface ConfigDesk {
  readonly state: ConfigState
  /** Checks and compares without changing anything. */
  validate(change: ChangeRequest['change'], options?: ValidateOptions): Promise<Validation>
  /** Throws a DeskProblem where it cannot be made; nothing has changed then. */
  change(request: ChangeRequest): Promise<Validation & { readonly version: ConfigVersion }>
  /** `expect`: the version that it is about; the one in force when left out. */
  confirm(origin: Origin, expect?: number): Promise<ConfigVersion>
  revert(origin: Origin, expect?: number): Promise<ConfigVersion>
  get(number: number): Promise<ConfigVersion | undefined>
  /** Newest first. */
  list(query: { readonly before?: number; readonly limit: number }): Promise<readonly ConfigVersion[]>
  /** `exposed`: places where a variable of the environment, or an adapter's secret, goes in the second and does not in the first. */
  diff(from: number, to: number): Promise<Pick<Validation, 'changes' | 'unified'> & { readonly exposed: readonly string[] }>
  /** Not the one in force. */
  remove(number: number, origin: Origin): Promise<void>
  /** Which version gave a value its content last; by the path as `ConfigChange` has it. */
  blame(path: string): Promise<{ readonly version: ConfigVersion; readonly value: unknown } | undefined>
}

/** A change that cannot be made; `code` is one of the table of problems. */
export class DeskProblem extends Error {
  readonly code:
    | 'invalid_config'
    | 'conflict'
    | 'managed_by_file'
    | 'hidden_by_overlay'
    | 'current_version'
    | 'nothing_to_confirm'
    | 'not_found'
    | 'already_exists'
  readonly details: readonly ProblemDetail[]

  constructor(code: DeskProblem['code'], message: string, details: readonly ProblemDetail[] = []) {
    super(message)
    this.name = 'DeskProblem'
    this.code = code
    this.details = details
  }
}
