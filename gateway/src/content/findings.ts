import type { ContentRule } from './rule.ts'

/** What rules found in texts: how often, and never what. */
export class Findings {
  readonly counts = new Map<ContentRule, number>()
  /** The rule for which nothing of it may be passed on. */
  blockedBy: ContentRule | undefined

  add(rule: ContentRule): void {
    this.counts.set(rule, (this.counts.get(rule) ?? 0) + 1)
    if (rule.action === 'block') this.blockedBy ??= rule
  }

  addAll({ counts, blockedBy }: Findings): void {
    for (const [rule, count] of counts) this.counts.set(rule, (this.counts.get(rule) ?? 0) + count)
    this.blockedBy ??= blockedBy
  }
}
