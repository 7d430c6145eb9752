import { BUILTIN_MATCHES } from '@jairouter/contract/content-rules'
import { applyRules } from '../apply-rules.ts'
import { Findings } from '../findings.ts'
import { ruleSetOf, type RuleSet } from '../rule-set.ts'
import type { Message, Part } from './message.ts'

/** What is kept of one side. */
export interface Redacted {
  /** JSON of messages. */
  readonly text: string
  /** Matches that were masked. */
  readonly masked: number
  readonly cut: boolean
}

export interface RedactOptions {
  /** What must not be in it whatever it looks like: the keys of the client and of the backends. */
  readonly secrets: readonly string[]
  /** Of all texts together. */
  readonly maximumCharacters: number
}

/** Of a text is read so much more than is kept, so that what lies on the edge is found whole. */
const EDGE = 1_024
const SECRET = '[secret]'
/** A shorter one would be found by chance. */
const SHORTEST_SECRET = 8

let builtins: RuleSet | undefined

/** All built-in matches, whether rules of the config name them or not. */
function allBuiltins(): RuleSet {
  builtins ??= ruleSetOf(
    BUILTIN_MATCHES.map((builtin) => ({
      name: builtin,
      action: 'mask' as const,
      on: ['request' as const],
      mask: `[${builtin}]`,
      match: { kind: 'builtin' as const, builtin },
    })),
    'request',
  )
  return builtins ?? {}
}

export function redact(messages: readonly Message[], { secrets, maximumCharacters }: RedactOptions): Redacted {
  const findings = new Findings()
  let left = maximumCharacters
  let masked = 0
  let cut = false
  const hide = (text: string): string => {
    let hidden = text
    for (const secret of secrets) {
      if (secret.length < SHORTEST_SECRET || !hidden.includes(secret)) continue
      masked += 1
      hidden = hidden.replaceAll(secret, SECRET)
    }
    return hidden
  }
  const kept = (text: string): string => {
    const looked = text.length > left + EDGE ? text.slice(0, left + EDGE) : text
    const safe = applyRules(hide(looked), allBuiltins(), findings)
    // Where more was not read, a match on the edge was seen in half.
    const most = looked === text ? left : Math.min(left, safe.length - EDGE)
    const isCut = safe.length > most
    const next = isCut ? untilWord(safe, most) : safe
    cut ||= isCut
    left -= next.length
    return next
  }
  const partOf = ({ type, name, content }: Part): Part => ({
    type,
    ...(name === undefined ? {} : { name: kept(name) }),
    ...(content === undefined ? {} : { content: kept(content) }),
  })
  const safe = messages.map(({ parts, ...message }) => ({ ...message, parts: parts.map(partOf) }))
  for (const count of findings.counts.values()) masked += count
  return { text: JSON.stringify(safe).toWellFormed().replaceAll('\0', '\u{fffd}'), masked, cut }
}

/** Without the word on the edge: half of a key is no match any more, and still half of a key. Scripts without spaces have no words. */
function untilWord(text: string, most: number): string {
  return text.slice(0, Math.max(0, most)).replace(/[\x21-\x7e]+$/, '')
}
