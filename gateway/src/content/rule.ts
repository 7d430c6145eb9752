import type { Builtin, ContentAction, ContentSide } from '@jairouter/contract/content-rules'

/** One rule, compiled: plain data, whose matcher is built when it is first needed. */
export interface ContentRule {
  readonly name: string
  readonly action: ContentAction
  readonly on: readonly ContentSide[]
  /** What takes the place of a match. Holds nothing that JSON would escape. */
  readonly mask: string
  readonly match: RuleMatch
}

export type RuleMatch =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'pattern'; readonly pattern: string }
  | { readonly kind: 'builtin'; readonly builtin: Builtin }

/** A place in a text that a rule names; offsets in UTF-16 code units. */
export interface Match {
  readonly start: number
  readonly end: number
  readonly rule: ContentRule
}
