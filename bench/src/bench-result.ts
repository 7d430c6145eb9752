import type { BenchOptions } from './options.ts'
import type { TargetName, Window } from './window.ts'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly kernel: string
  readonly node: string
}

/** Everything that a run found, as it goes into its file. */
export interface BenchResult {
  readonly startedAt: string
  readonly commit: string
  /** The tree had changes that are not in the commit. */
  readonly changed: boolean
  readonly machine: Machine
  /** Which part ran on which core. */
  readonly layout: string
  readonly loadGenerator: string
  /** Over one minute. More than the bench's own two busy cores means that it was not alone. */
  readonly loadAverage: { readonly before: number; readonly after: number }
  readonly options: BenchOptions
  readonly targets: readonly TargetName[]
  /** RSS in bytes, of targets that could be read. */
  readonly residentAfterStart: Partial<Record<TargetName, number>>
  readonly residentAfterLoad: Partial<Record<TargetName, number>>
  readonly windows: readonly Window[]
}
