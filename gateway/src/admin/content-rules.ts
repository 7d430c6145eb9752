import { contentTestResultSchema, contentTestSchema, type ContentTestResult } from '@jairouter/contract/management/content-rules'
import type { ContentRuleConfig } from '@jairouter/contract/content-rules'
import type { ProblemDetail } from '@jairouter/contract/management/problem'
import { compileContentRule } from '../config/compile-content.ts'
import { applyRules, scan } from '../content/apply-rules.ts'
import { Findings } from '../content/findings.ts'
import type { ContentRule } from '../content/rule.ts'
import { ruleSetOf } from '../content/rule-set.ts'
import { nearest } from '../lib/nearest.ts'
import { AdminProblem, defineRoute, type AnyRoute } from './route.ts'

export interface ContentRuleSources {
  /** Those of the config in force, by name. */
  readonly rules: () => ReadonlyMap<string, ContentRule>
}

/** Trying rules out. The rules themselves are a part of the config, and changed as such. */
export function contentRuleRoutes({ rules }: ContentRuleSources): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/content-rules/test',
      permission: 'config.read',
      tag: 'Content rules',
      summary: 'What content rules find in a text',
      description:
        'Tries rules of the config (`names`; all of them when left out), or rules that are in none yet (`rules`). The text is neither stored nor logged.',
      body: contentTestSchema,
      answers: { 200: { description: 'What was found, and the text as it would be passed on', schema: contentTestResultSchema } },
      example: {
        request: { text: 'Write to ann@example.com', rules: [{ name: 'mail', match: { builtin: 'email' }, action: 'mask' }] },
        answer: { matches: [{ rule: 'mail', action: 'mask', start: 9, end: 24 }], masked: 'Write to [email]' },
      },
      handle({ body: { text, names, rules: drafts } }) {
        if (names !== undefined && drafts !== undefined)
          throw invalid({ pointer: '/rules', code: 'invalid_field', message: 'Give either names or rules' })
        return { body: tryOut(text, drafts === undefined ? known(names, rules()) : compiled(drafts)) }
      },
    }),
  ]
}

function tryOut(text: string, rules: readonly ContentRule[]): ContentTestResult {
  // On which side they hold does not matter here.
  const set = ruleSetOf(
    rules.map((rule) => ({ ...rule, on: ['request'] })),
    'request',
  )
  if (set === undefined) return { matches: [], masked: text }
  const findings = new Findings()
  const masked = applyRules(text, set, findings)
  const matches = scan(text, set).map(({ start, end, rule }) => ({ rule: rule.name, action: rule.action, start, end }))
  return { matches, masked, ...(findings.blockedBy === undefined ? {} : { blockedBy: findings.blockedBy.name }) }
}

function known(names: readonly string[] | undefined, rules: ReadonlyMap<string, ContentRule>): readonly ContentRule[] {
  if (names === undefined) return [...rules.values()]
  return names.map((name, index) => {
    const rule = rules.get(name)
    if (rule !== undefined) return rule
    const meant = nearest(name, rules.keys())
    const hint = meant === undefined ? {} : { hint: `Did you mean "${meant}"?` }
    throw invalid({ pointer: `/names/${index}`, code: 'not_found', message: `There is no content rule "${name}"`, ...hint })
  })
}

function compiled(drafts: readonly ContentRuleConfig[]): readonly ContentRule[] {
  return drafts.flatMap(
    (draft, index) =>
      compileContentRule(draft, (path, message) => {
        throw invalid({ pointer: `/${['rules', index, ...path].join('/')}`, code: 'invalid_field', message })
      }) ?? [],
  )
}

function invalid(detail: ProblemDetail): AdminProblem {
  return new AdminProblem('invalid_request', detail.message, { details: [detail] })
}
