import type { AlertKind, AlertSeverity, AlertTime } from '@jairouter/contract/alerts'

/** A rule as it is compiled: plain data. */
export interface AlertRule {
  readonly name: string
  readonly kind: AlertKind
  /** It came with the gateway. */
  readonly builtin: boolean
  readonly description: string
  /** What a value has to exceed, in the unit of its kind. */
  readonly above: number
  readonly of: AlertTime
  /** From 0 to 1. */
  readonly quantile: number
  readonly windowMs: number
  readonly minimum: number
  /** Label -> a pattern. */
  readonly only: Readonly<Record<string, string>>
  readonly forMs: number
  readonly severity: AlertSeverity
  readonly labels: Readonly<Record<string, string>>
  readonly receivers: readonly string[]
  /** 0: told once. */
  readonly repeatMs: number
  readonly inhibitedBy: readonly string[]
}

export interface KindFacts {
  /** What its alerts are told apart by. */
  readonly labels: readonly string[]
  /** Settings that it goes by, beside those of every rule. */
  readonly takes: readonly ('above' | 'of' | 'longerThan' | 'percentile' | 'window' | 'minimum')[]
  /** Where a rule does not say: a share, a count, a rate a minute, milliseconds. */
  readonly above: number
}

const FAILURE_LABELS = ['failure', 'service', 'model', 'backend', 'status', 'code'] as const

export const KINDS: Readonly<Record<AlertKind, KindFacts>> = {
  'error-rate': { labels: ['service', 'model'], takes: ['above', 'window', 'minimum'], above: 0.05 },
  latency: { labels: ['service', 'model'], takes: ['of', 'longerThan', 'percentile', 'window', 'minimum'], above: 30_000 },
  'breaker-open': { labels: ['backend', 'instance'], takes: [], above: 0 },
  'backend-down': { labels: ['backend'], takes: [], above: 0 },
  rejections: { labels: ['scope', 'budget'], takes: ['above', 'window'], above: 60 },
  budget: { labels: ['budget'], takes: ['above'], above: 0.9 },
  'queue-length': { labels: ['service', 'model'], takes: ['above'], above: 100 },
  'new-failure': { labels: FAILURE_LABELS, takes: ['window'], above: 0 },
  'failure-rate': { labels: FAILURE_LABELS, takes: ['above', 'window'], above: 10 },
}

/** Those that a rule is compared by when the config has changed. */
export function isSameRule(one: AlertRule, other: AlertRule): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}
