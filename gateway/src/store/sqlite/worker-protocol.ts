import type { SqlRows } from '../sql/sql-rows.ts'
import type { StoreErrorKind } from '../store-error.ts'

export interface WorkerData {
  readonly folder: string
  /** It is the first of this process. */
  readonly first: boolean
  /** The one before had an error of the disk. */
  readonly rewrite: boolean
  /** It is only looked at: as it is, whatever it is like. */
  readonly readOnly: boolean
}

/** What a worker may be asked for; `close` ends it. */
export type AnyMethods<Methods> = { readonly [Name in keyof Methods]: (...parameters: never) => Promise<unknown> } & {
  readonly close: () => Promise<unknown>
}

/** The files, once they had been looked at so, held no commit after this one. */
export interface RestingFiles {
  readonly fingerprint: string
  readonly number: number
}

export interface WorkerMethods extends SqlRows {
  check(): Promise<readonly string[]>
  /** The worker ends, and says how it leaves the files. */
  close(): Promise<RestingFiles | undefined>
}

export interface WorkerRequest {
  readonly id: number
  readonly method: string
  readonly parameters: readonly unknown[]
  /** Epoch milliseconds. */
  readonly now: number
}

export type WorkerReply =
  | { readonly id: number; readonly value: unknown }
  /** `fatal`: this worker can't be used any more. `rewrite`: for the next one. */
  | {
      readonly id: number
      readonly error: { readonly kind: StoreErrorKind; readonly message: string }
      readonly fatal: boolean
      readonly rewrite: boolean
    }
  | { readonly warning: { readonly fields: Readonly<Record<string, unknown>>; readonly message: string } }
