import { matchesAny } from '../lib/wildcard.ts'
import { bucketQuantile } from './bucket-quantile.ts'
import { KINDS, type AlertRule } from './rule.ts'

/** What is so, of one thing. */
export interface Finding {
  /** By the labels of the rule's kind. */
  readonly subject: Readonly<Record<string, string>>
  readonly value: number
}

/** What of the past rules go by: series by name, what was added to each within a time. */
export interface Past {
  over(windowMs: number): ReadonlyMap<string, ArrayLike<number>>
}

export interface FailureFigure {
  readonly subject: Readonly<Record<string, string>>
  /** Since it was seen for the first time. */
  readonly ageMs: number
  /** Times a minute. */
  readonly rate: (windowMs: number) => number
}

/** All that rules look at. */
export interface Figures {
  readonly past: Past
  /** Upper bounds of the buckets of times, in seconds. */
  readonly bounds: readonly number[]
  readonly openBreakers: readonly { readonly instance: string; readonly backend: string }[]
  readonly downBackends: readonly string[]
  readonly budgets: readonly { readonly id: string; readonly share: number }[]
  readonly queues: readonly { readonly service: string; readonly model: string; readonly waiting: number }[]
  /** Those that are nobody's own fault, and not muted. */
  readonly failures: readonly FailureFigure[]
}

const SEPARATOR = '\n'
/** Columns of a series of outcomes: requests that could have been answered, and those of them that failed. */
export const OUTCOMES = 2

/** Name of a series in `Past`. */
export function seriesName(kind: 'outcomes' | 'rejections' | AlertRule['of'], ...labels: readonly string[]): string {
  return [kind, ...labels].join(SEPARATOR)
}

/** What a rule has to say, in no order. */
export function findingsOf(rule: AlertRule, figures: Figures): readonly Finding[] {
  return allOf(rule, figures).filter(({ subject }) => isMeant(rule, subject))
}

/** Its labels are such as the rule is for. */
function isMeant({ only }: Pick<AlertRule, 'only'>, subject: Finding['subject']): boolean {
  return Object.entries(only).every(([label, pattern]) => matchesAny([pattern], subject[label] ?? ''))
}

function allOf(rule: AlertRule, figures: Figures): readonly Finding[] {
  const { above, windowMs } = rule
  switch (rule.kind) {
    case 'error-rate':
      return ofSeries(rule, figures, (counts) => shareOf(rule, counts))
    case 'latency':
      return ofSeries(rule, figures, (counts) => quantileOf(rule, counts, figures.bounds))
    case 'rejections':
      return ofSeries(rule, figures, (counts) => (counts[0] ?? 0) / (windowMs / 60_000))
    case 'breaker-open':
      return figures.openBreakers.map((subject) => ({ subject: { ...subject }, value: 1 }))
    case 'backend-down':
      return figures.downBackends.map((backend) => ({ subject: { backend }, value: 1 }))
    case 'budget':
      return figures.budgets.filter(({ share }) => share > above).map(({ id, share }) => ({ subject: { budget: id }, value: share }))
    case 'queue-length':
      return figures.queues
        .filter(({ waiting }) => waiting > above)
        .map(({ service, model, waiting }) => ({ subject: { service, model }, value: waiting }))
    case 'new-failure':
      return figures.failures.filter(({ ageMs }) => ageMs <= windowMs).map(({ subject, rate }) => ({ subject, value: rate(windowMs) }))
    case 'failure-rate':
      return figures.failures.map(({ subject, rate }) => ({ subject, value: rate(windowMs) })).filter(({ value }) => value > above)
  }
}

function ofSeries(
  { kind, of, above, windowMs }: AlertRule,
  { past }: Figures,
  valueOf: (counts: ArrayLike<number>) => number | undefined,
): readonly Finding[] {
  const wanted = kind === 'error-rate' ? 'outcomes' : kind === 'rejections' ? 'rejections' : of
  const beginning = `${wanted}${SEPARATOR}`
  const found: Finding[] = []
  for (const [name, counts] of past.over(windowMs)) {
    if (!name.startsWith(beginning)) continue
    const value = valueOf(counts)
    if (value !== undefined && value > above) found.push({ subject: subjectOf(kind, name.slice(beginning.length).split(SEPARATOR)), value })
  }
  return found
}

/** A queue is a model's; a rejection is by a limit of a scope, or by a budget. */
function subjectOf(kind: AlertRule['kind'], values: readonly string[]): Finding['subject'] {
  const { labels } = KINDS[kind]
  const pairs = values.flatMap((value, index) => (value === '' ? [] : [[labels[index] ?? '', value] as const]))
  return Object.fromEntries(pairs)
}

/** Of those that could have been answered. */
function shareOf({ minimum }: AlertRule, counts: ArrayLike<number>): number | undefined {
  const requests = counts[0] ?? 0
  return requests < minimum ? undefined : (counts[1] ?? 0) / requests
}

/** In milliseconds. */
function quantileOf({ quantile, minimum }: AlertRule, counts: ArrayLike<number>, bounds: readonly number[]): number | undefined {
  let total = 0
  for (let index = 0; index < counts.length; index += 1) total += counts[index] ?? 0
  if (total < minimum) return undefined
  const seconds = bucketQuantile(counts, bounds, quantile)
  return seconds === undefined ? undefined : seconds * 1_000
}
