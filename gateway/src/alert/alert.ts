import type { AlertRule } from './rule.ts'

export const ALERT_STATES = ['pending', 'firing', 'resolved'] as const
export type AlertState = (typeof ALERT_STATES)[number]

/** Why an alert that fires is not told. */
export type Quiet = 'silenced' | 'inhibited'

/** One thing that a rule has found. */
export interface Alert {
  /** The same for the same rule and thing. */
  readonly id: string
  readonly rule: AlertRule
  readonly subject: Readonly<Record<string, string>>
  /** Those of the rule, and those of the thing. */
  readonly labels: Readonly<Record<string, string>>
  readonly state: AlertState
  readonly value: number
  /** Epoch milliseconds. */
  readonly startedAt: number
  readonly firedAt: number | undefined
  readonly endedAt: number | undefined
  readonly quiet: Quiet | undefined
  /** How often somebody was told that it fires. */
  readonly told: number
}

/** What somebody is to be told. */
export interface Notice {
  readonly kind: 'firing' | 'repeated' | 'resolved'
  readonly alert: Alert
}

export interface Step {
  /** Alerts that are in another state than before. */
  readonly changes: readonly Alert[]
  readonly notices: readonly Notice[]
}

/** Things that a rule may find at a time; of more than these the first are followed. */
export const MOST_SUBJECTS = 100

export function alertId(rule: string, subject: Alert['subject']): string {
  const pairs = Object.entries(subject).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return [rule, ...pairs.map(([label, value]) => `${label}=${value}`)].join('|')
}

/** A rule fires for the same thing where all labels that both have are equal; one without labels is for everything. */
export function concerns(inhibitor: Alert['subject'], subject: Alert['subject']): boolean {
  return Object.entries(inhibitor).every(([label, value]) => subject[label] === undefined || subject[label] === value)
}
