import { parseJson } from '../lib/json.ts'
import { rewriteStrings, type StringPath } from '../lib/json-strings.ts'
import { applyRules } from './apply-rules.ts'
import type { Findings } from './findings.ts'
import type { RuleSet } from './rule-set.ts'
import { mayHoldText } from './structural-fields.ts'

/** What is told of the tokens of a text, which would tell the text as well. */
const TOKENS_OF_TEXT: ReadonlySet<string> = new Set(['logprobs', 'prompt_logprobs'])

/** A JSON body with the rules applied to every text in it; the same buffer where nothing changes. */
export function applyToJson(bytes: Buffer, rules: RuleSet, findings: Findings): Buffer {
  return rewriteTexts(bytes, (text) => applyRules(text, rules, findings))
}

/** Every text in a JSON body that rules are applied to, each once. */
export function textsIn(bytes: Buffer): ReadonlySet<string> {
  const texts = new Set<string>()
  rewriteTexts(bytes, (text) => {
    texts.add(text)
    return text
  })
  return texts
}

function rewriteTexts(bytes: Buffer, apply: (text: string) => string): Buffer {
  return rewriteStrings(bytes, (text, path, kind) => {
    if (kind !== 'string' || !mayHoldText(text, path) || path.some((key) => TOKENS_OF_TEXT.has(key))) return undefined
    return isArguments(path) ? rewriteArguments(text, apply) : apply(text)
  })
}

function isArguments(path: StringPath): boolean {
  return path.at(-1) === 'arguments'
}

/**
 * The arguments of a tool call are JSON within a text: the rules are applied to what it says, keys and numbers as well
 * (a phone number may be written as one), so that it stays JSON.
 */
export function applyToArguments(text: string, rules: RuleSet, findings: Findings): string {
  return rewriteArguments(text, (inner) => applyRules(inner, rules, findings))
}

function rewriteArguments(text: string, apply: (text: string) => string): string {
  // Cut off, or no JSON at all.
  if (parseJson(text) === undefined) return apply(text)
  const bytes = Buffer.from(text)
  const next = rewriteStrings(bytes, apply)
  return next === bytes ? text : next.toString()
}

/** Part of a streamed answer that is no text itself; the same value where nothing in it changes. */
export function applyToPart(value: unknown, rules: RuleSet, findings: Findings): unknown {
  const bytes = Buffer.from(JSON.stringify(value))
  const next = applyToJson(bytes, rules, findings)
  return next === bytes ? value : parseJson(next.toString())
}
