import type { CoreLayout } from '../core-layout.ts'
import type { Processes } from '../processes.ts'

/** One measured value, as it is to be read. */
export interface Figure {
  readonly what: string
  readonly value: string
  /** What must hold; '' where the figure is only shown. */
  readonly bound: string
  readonly holds: boolean
}

export interface ProofContext {
  readonly processes: Processes
  readonly layout: CoreLayout
  /** A folder of this run's own. */
  readonly folder: string
  readonly signal: AbortSignal
}

/** A promise of the gateway, put to the test for up to two minutes. */
export interface Proof {
  readonly id: string
  readonly about: string
  /** Where it takes longer than others. */
  readonly limitMs?: number
  run(context: ProofContext): Promise<readonly Figure[]>
}

/** A figure without a bound. */
export function shown(what: string, value: string | number): Figure {
  return { what, value: String(value), bound: '', holds: true }
}

export function atMost(what: string, value: number, most: number, unit = ''): Figure {
  return { what, value: withUnit(value, unit), bound: `<= ${withUnit(most, unit)}`, holds: value <= most }
}

export function atLeast(what: string, value: number, least: number, unit = ''): Figure {
  return { what, value: withUnit(value, unit), bound: `>= ${withUnit(least, unit)}`, holds: value >= least }
}

/** Says how often each outcome came. */
export function describeCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .toSorted(([, a], [, b]) => b - a)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', ')
}

export function countOf(outcomes: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

function withUnit(value: number, unit: string): string {
  const rounded = Number.isInteger(value) ? String(value) : value.toFixed(unit === '%' ? 3 : 2)
  return unit === '' || unit === '%' ? `${rounded}${unit}` : `${rounded} ${unit}`
}
