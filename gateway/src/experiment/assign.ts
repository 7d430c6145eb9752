import { hash32, mix32 } from '../lib/hash.ts'
import type { ExperimentGroup, ExperimentPlan, ExperimentRule } from './plan.ts'

/** Who is to be assigned. */
export interface Assignee {
  /** Name and tags of the API key. */
  readonly key: string | undefined
  readonly tags: readonly string[]
  /** The request's `user`. */
  readonly user: string | undefined
  readonly address: string
  /** By name in lower case. */
  readonly header: (name: string) => string | undefined
}

const UINT32_RANGE = 2 ** 32

/** The group of one request, by its index. Who sticks to something gets the same group as long as that has its traffic. */
export function assignGroup(plan: ExperimentPlan, assignee: Assignee, random: () => number): number {
  const subject = stickySubject(plan, assignee)
  return assign(plan, assignee, subject === undefined ? Math.floor(random() * UINT32_RANGE) : hash32(subject)).group
}

/** Where one comes, and how that is decided. */
export interface Assignment {
  /** Where it is drawn: the likeliest. */
  readonly group: number
  readonly by: 'rule' | 'sticky' | 'drawn'
  /** Of `rule`: which one. */
  readonly rule?: number
  /** For each group, from 0 to 1; together 1. */
  readonly chances: readonly number[]
}

/** What `assignGroup` would do, chance told as chance. */
export function explainAssignment(plan: ExperimentPlan, assignee: Assignee): Assignment {
  const certain = (group: number) => plan.groups.map((_, index) => (index === group ? 1 : 0))
  const subject = stickySubject(plan, assignee)
  if (subject !== undefined) {
    const { group, rule } = assign(plan, assignee, hash32(subject))
    return { group, by: rule === undefined ? 'sticky' : 'rule', ...(rule === undefined ? {} : { rule }), chances: certain(group) }
  }
  const rules = plan.rules.map((rule, index) => ({ rule, index })).filter(({ rule }) => isFor(rule, assignee))
  const [first] = rules
  if (first !== undefined && first.rule.share === undefined)
    return { group: first.rule.group, by: 'rule', rule: first.index, chances: certain(first.rule.group) }
  const chances = chancesOf(
    plan.groups,
    rules.map(({ rule }) => rule),
  )
  return { group: chances.indexOf(Math.max(...chances)), by: 'drawn', chances }
}

/** Where one may come of whom neither headers nor user are known. */
export function possibleGroups(plan: ExperimentPlan, known: Pick<Assignee, 'key' | 'tags' | 'address'>): readonly number[] {
  const { chances } = explainAssignment(plan, { ...known, user: undefined, header: () => undefined })
  const byHeader = new Set(plan.rules.filter(({ header }) => header !== undefined).map(({ group }) => group))
  return plan.groups.flatMap((_, index) => ((chances[index] ?? 0) > 0 || byHeader.has(index) ? [index] : []))
}

/** One rule after another takes its share of what the ones before it have left; the groups divide the rest. */
function chancesOf(groups: readonly ExperimentGroup[], rules: readonly ExperimentRule[]): readonly number[] {
  const chances = groups.map(() => 0)
  let left = 1
  for (const { group, share = 1 } of rules) {
    chances[group] = (chances[group] ?? 0) + left * share
    left *= 1 - share
  }
  return chances.map((chance, index) => chance + left * (groups[index]?.share ?? 0))
}

function assign(plan: ExperimentPlan, assignee: Assignee, draw: number): { readonly group: number; readonly rule: number | undefined } {
  const index = plan.rules.findIndex((rule) => isFor(rule, assignee) && (rule.share === undefined || uniform(rule.seed, draw) < rule.share))
  const rule = plan.rules[index]
  return rule === undefined ? { group: drawGroup(plan.groups, draw), rule: undefined } : { group: rule.group, rule: index }
}

/** Whether a copy of the request goes to the shadow group. */
export function isShadowed(plan: ExperimentPlan, random: () => number): boolean {
  return plan.shadow !== undefined && random() < plan.shadow.share
}

/** What keeps one in its group; undefined: nothing, each request is drawn for itself. */
function stickySubject({ sticky }: ExperimentPlan, assignee: Assignee): string | undefined {
  const subject = sticky === undefined ? undefined : subjectOf(sticky, assignee)
  return subject === '' ? undefined : subject
}

function subjectOf(sticky: string, { key, user, address, header }: Assignee): string | undefined {
  if (sticky === 'key') return key
  if (sticky === 'user') return user
  if (sticky === 'client-ip') return address
  return header(sticky.slice('header:'.length))
}

/** Its share aside. */
function isFor(rule: ExperimentRule, assignee: Assignee): boolean {
  if (rule.header !== undefined) {
    const value = assignee.header(rule.header.name)
    if (value === undefined || (rule.header.is !== undefined && value !== rule.header.is)) return false
  }
  if (rule.keys !== undefined && (assignee.key === undefined || !rule.keys.includes(assignee.key))) return false
  return rule.tags === undefined || rule.tags.some((tag) => assignee.tags.includes(tag))
}

/**
 * Weighted rendezvous: every group draws, the best wins. When shares change, only those move whose group loses or wins
 * them: a canary that grows keeps everyone that it had.
 */
function drawGroup(groups: readonly ExperimentGroup[], draw: number): number {
  let chosen = 0
  let highest = -Infinity
  for (const [index, { share, seed }] of groups.entries()) {
    if (share === 0) continue
    const score = -share / Math.log(uniform(seed, draw))
    if (score > highest) {
      chosen = index
      highest = score
    }
  }
  return chosen
}

/** In (0, 1), without its ends. */
function uniform(seed: number, draw: number): number {
  return (mix32(seed, draw) + 0.5) / UINT32_RANGE
}
