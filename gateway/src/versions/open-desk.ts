import { createHash } from 'node:crypto'
import type { CompileProblem } from '../config/compile-problem.ts'
import type { CompleteConfig } from '../config/live-config.ts'
import { formatProblem, type ConfigProblem } from '../config/problem.ts'
import type { ConfigTexts } from '../config/source.ts'
import type { Store } from '../store/port.ts'
import type { SecretBox } from '../store/secrets/port.ts'
import type { ConfigDesk, ConfigVersion } from './config-desk.ts'
import type { ConfigDrafts } from './config-drafts.ts'
import type { Environment } from '../config/interpolate.ts'
import type { LoadTexts } from '../config/load-texts.ts'
import type { TextThread } from './texts/text-work.ts'

export interface DeskOptions {
  readonly load: LoadTexts
  readonly env: Environment
  /** Where long texts are read. Default: here. */
  readonly thread?: TextThread
  readonly store: Store
  readonly box: SecretBox
  /** What the config file and its overlay hold now. Undefined: there is no file. */
  readonly readFile?: (() => ConfigTexts | { readonly problems: readonly ConfigProblem[] }) | undefined
  /** What is wrong with a config beyond its schema, before a gateway is attached. Default: without knowing what backends have, and which keys the store has. */
  readonly check?: ((loaded: CompleteConfig) => readonly CompileProblem[]) | undefined
  /** The first version where there is no file. */
  readonly seed: string
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Runs something later, and returns the way to prevent it. Default: setTimeout, which keeps no process alive. */
  readonly schedule?: (delayMs: number, run: () => void) => () => void
  readonly log: DeskLog
}

export interface DeskLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** What the desk puts configs in force with. */
export interface DeskGateway {
  /** Without effect when it has problems. */
  readonly apply: (loaded: CompleteConfig) => readonly CompileProblem[]
  /** What `apply` would say. */
  readonly check?: (loaded: CompleteConfig) => readonly CompileProblem[]
}

export interface OpenDesk extends ConfigDesk {
  readonly drafts: ConfigDrafts
  /** What the gateway is to start with. */
  readonly loaded: CompleteConfig
  /** Why the config file is not in force: it has problems, and the stored version is used. */
  readonly fileProblems: readonly ConfigProblem[]
  /** What a version says, to be looked at. Throws a DeskProblem where it is not there, or could not be put in force. */
  configOf(number: number): Promise<CompleteConfig>
  /** From now on every change is put in force there. */
  attach(gateway: DeskGateway): void
  /** The file may have changed: takes it in when it has. Problems: it can't be used, and nothing has changed. Rejects as the store does. */
  fileChanged(): Promise<{ readonly version: ConfigVersion } | { readonly problems: readonly ConfigProblem[] }>
  /** As `fileChanged`; without a change, certificates are read again. */
  reload(): Promise<{ readonly version: ConfigVersion } | { readonly problems: readonly ConfigProblem[] }>
  /** Stops its timers. The store is the caller's. */
  close(): void
}

/** There is nothing that could be put in force. */
export class NoUsableConfig extends Error {
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map((problem) => formatProblem(problem)).join('\n'))
    this.name = 'NoUsableConfig'
    this.problems = problems
  }
}

/** By which a file is known again. */
export function digestOfTexts({ text, overlay }: ConfigTexts): string {
  return createHash('sha256')
    .update(JSON.stringify([text, overlay ?? null]))
    .digest('hex')
}
