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
  const draw = drawOf(plan, assignee, random)
  const rule = plan.rules.find((candidate) => matches(candidate, assignee, draw))
  return rule === undefined ? drawGroup(plan.groups, draw) : rule.group
}

/** Whether a copy of the request goes to the shadow group. */
export function isShadowed(plan: ExperimentPlan, random: () => number): boolean {
  return plan.shadow !== undefined && random() < plan.shadow.share
}

/** 32 bits that are the same whenever the same one comes. */
function drawOf({ sticky }: ExperimentPlan, assignee: Assignee, random: () => number): number {
  const subject = sticky === undefined ? undefined : subjectOf(sticky, assignee)
  return subject === undefined || subject === '' ? Math.floor(random() * UINT32_RANGE) : hash32(subject)
}

function subjectOf(sticky: string, { key, user, address, header }: Assignee): string | undefined {
  if (sticky === 'key') return key
  if (sticky === 'user') return user
  if (sticky === 'client-ip') return address
  return header(sticky.slice('header:'.length))
}

function matches(rule: ExperimentRule, assignee: Assignee, draw: number): boolean {
  if (rule.header !== undefined) {
    const value = assignee.header(rule.header.name)
    if (value === undefined || (rule.header.is !== undefined && value !== rule.header.is)) return false
  }
  if (rule.keys !== undefined && (assignee.key === undefined || !rule.keys.includes(assignee.key))) return false
  if (rule.tags !== undefined && !rule.tags.some((tag) => assignee.tags.includes(tag))) return false
  return rule.share === undefined || uniform(rule.seed, draw) < rule.share
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
