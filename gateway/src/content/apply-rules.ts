import { Cursor } from './cursor.ts'
import type { Findings } from './findings.ts'
import type { Match } from './rule.ts'
import type { RuleSet } from './rule-set.ts'

/** Every match in a whole text, those of one action without overlaps, in the order of their places. */
export function scan(text: string, rules: RuleSet): Match[] {
  const matches: Match[] = []
  const cursor = new Cursor(text)
  for (const group of [rules.block, rules.mask, rules.flag])
    group?.walk(cursor, { from: 0, complete: true, found: (match) => void matches.push(match) })
  return matches.sort((a, b) => a.start - b.start || b.end - a.end)
}

/** A whole text as it may be passed on; the same string where nothing changes. */
export function applyRules(text: string, rules: RuleSet, findings: Findings): string {
  if (text === '') return text
  const known = rules.known?.get(text)
  if (known !== undefined) {
    findings.addAll(known.findings)
    return known.text
  }
  let masked = ''
  let from = 0
  for (const { start, end, rule } of scan(text, rules)) {
    findings.add(rule)
    if (rule.action !== 'mask') continue
    masked += text.slice(from, start) + rule.mask
    from = end
  }
  return from === 0 ? text : masked + text.slice(from)
}
