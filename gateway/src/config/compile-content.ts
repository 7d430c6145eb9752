import type { Config } from '@jairouter/contract/config'
import { SERVICES } from '@jairouter/contract/names'
import type { ContentRuleConfig } from '@jairouter/contract/content-rules'
import { matcherOf } from '../content/matcher-of.ts'
import { PatternError } from '../content/pattern.ts'
import type { ContentRule, RuleMatch } from '../content/rule.ts'
import { deepFreeze } from '../lib/deep-freeze.ts'
import { nearest } from '../lib/nearest.ts'
import type { Report } from './compile-problem.ts'

/** What takes the place of what a rule of one's own finds. */
const PLAIN_MASK = '[masked]'

/** By name; those with something wrong are left out, and told. */
export function compileContentRules({ contentRules }: Config, report: Report): ReadonlyMap<string, ContentRule> {
  const rules = new Map<string, ContentRule>()
  const names = new Map<string, number>()
  for (const [index, config] of contentRules.entries()) {
    const path = ['contentRules', index]
    const same = names.get(config.name)
    if (same !== undefined) report([...path, 'name'], `"${config.name}" is already the name of contentRules[${same}]`)
    names.set(config.name, same ?? index)
    const rule = compileContentRule(config, (inner, message) => report([...path, ...inner], message))
    if (rule !== undefined) rules.set(config.name, rule)
  }
  return rules
}

/** Undefined where something is wrong with it, which is told. */
export function compileContentRule(config: ContentRuleConfig, report: Report): ContentRule | undefined {
  const { name, action, on, match } = config
  const compiled = toMatch(match)
  if (compiled === undefined) {
    report(['match'], `the rule "${name}" needs exactly one of words, pattern and builtin`)
    return undefined
  }
  const mask = config.mask ?? (compiled.kind === 'builtin' ? `[${compiled.builtin}]` : PLAIN_MASK)
  const rule = deepFreeze({ name, action, on: [...on], mask, match: compiled })
  if (compiled.kind !== 'pattern') return rule
  try {
    matcherOf(rule)
    return rule
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    report(['match', 'pattern'], `the pattern of the rule "${name}" ${error.message}`)
    return undefined
  }
}

function toMatch({ words, pattern, builtin }: ContentRuleConfig['match']): RuleMatch | undefined {
  if ([words, pattern, builtin].filter((part) => part !== undefined).length !== 1) return undefined
  if (words !== undefined) return { kind: 'words', words: [...words] }
  if (pattern !== undefined) return { kind: 'pattern', pattern }
  return builtin === undefined ? undefined : { kind: 'builtin', builtin }
}

/** Each once, in the order of their names in the list; undefined where there are none. */
export function rulesNamed(names: readonly string[], rules: ReadonlyMap<string, ContentRule>): readonly ContentRule[] | undefined {
  const found = [...new Set(names)].flatMap((name) => rules.get(name) ?? [])
  return found.length === 0 ? undefined : found
}

/** A rule that does not exist would be one that does not hold. */
export function checkContentReferences(config: Config, report: Report): void {
  const known = config.contentRules.map(({ name }) => name)
  const check = (path: readonly (string | number)[], names: readonly string[] | undefined) => {
    for (const [index, name] of (names ?? []).entries()) {
      if (known.includes(name)) continue
      const meant = nearest(name, known)
      const hint = meant === undefined ? '' : `; did you mean "${meant}"?`
      report([...path, 'content', index], `there is no content rule "${name}"${hint}`)
    }
  }
  check(['defaults'], config.defaults.content)
  for (const service of SERVICES) check(['services', service], config.services[service]?.content)
  for (const [index, { content }] of config.models.entries()) check(['models', index], content)
  for (const [index, { content }] of config.auth.keys.entries()) check(['auth', 'keys', index], content)
}
