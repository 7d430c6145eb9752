import type { ContentAction, ContentSide } from '@jairouter/contract/content-rules'
import type { Findings } from './findings.ts'
import { RuleGroup } from './rule-group.ts'
import type { ContentRule } from './rule.ts'

/**
 * The rules that hold for a text, by what they do. Those of different actions do not compete: what is only counted must
 * not keep from masking, nor what is masked from blocking.
 */
export type RuleSet = Readonly<Partial<Record<ContentAction, RuleGroup>>> & {
  /** What has been found out about texts already. */
  readonly known?: KnownTexts
}

/** Text -> what becomes of it. */
export type KnownTexts = ReadonlyMap<string, { readonly text: string; readonly findings: Findings }>

/** Undefined where no rule is for that side. Building it costs time; keep it. */
export function ruleSetOf(rules: readonly ContentRule[], side: ContentSide): RuleSet | undefined {
  const set: Partial<Record<ContentAction, RuleGroup>> = {}
  for (const action of ['block', 'mask', 'flag'] as const) {
    const own = rules.filter((rule) => rule.action === action && rule.on.includes(side))
    if (own.length > 0) set[action] = new RuleGroup(own)
  }
  return Object.keys(set).length === 0 ? undefined : set
}

/** Whether a text may come out of it otherwise than it went in, or not at all. */
export function changesTexts({ mask, block }: RuleSet): boolean {
  return mask !== undefined || block !== undefined
}
