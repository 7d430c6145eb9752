import { BUILTINS } from './builtin/builtins.ts'
import type { Matcher } from './matcher.ts'
import { createPatternMatcher } from './pattern.ts'
import type { ContentRule } from './rule.ts'
import { createWordMatcher } from './words.ts'

const matchers = new WeakMap<ContentRule, Matcher>()

/** Built once for each rule. Throws a PatternError for a pattern that was not checked. */
export function matcherOf(rule: ContentRule): Matcher {
  const known = matchers.get(rule)
  if (known !== undefined) return known
  const built = build(rule)
  matchers.set(rule, built)
  return built
}

function build({ match }: ContentRule): Matcher {
  switch (match.kind) {
    case 'words':
      return createWordMatcher(match.words)
    case 'pattern':
      return createPatternMatcher(match.pattern)
    case 'builtin':
      return BUILTINS[match.builtin]
  }
}
