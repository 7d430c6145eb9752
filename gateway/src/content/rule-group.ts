import type { Cursor } from './cursor.ts'
import { NONE, type Matcher } from './matcher.ts'
import { matcherOf } from './matcher-of.ts'
import type { ContentRule, Match } from './rule.ts'

const ASCII = 128

interface WalkOptions {
  readonly from: number
  readonly complete: boolean
  readonly found: (match: Match) => void
}

/** Rules that compete for a text: where several match, the one that begins first, then the longest, then the first in the list. */
export class RuleGroup {
  readonly rules: readonly ContentRule[]
  readonly #matchers: readonly Matcher[]
  /** By ASCII character: whether any rule could match from there. */
  readonly #begins = new Uint8Array(ASCII)

  constructor(rules: readonly ContentRule[]) {
    this.rules = rules
    this.#matchers = rules.map(matcherOf)
    for (let unit = 0; unit < ASCII; unit += 1) this.#begins[unit] = this.#matchers.some((matcher) => matcher.begins(unit)) ? 1 : 0
  }

  /**
   * Goes through a text from a place on and tells each match; gives the place where it stopped: the end, or, in a text
   * that is not complete, the place from which on what comes next decides.
   */
  walk(cursor: Cursor, options: WalkOptions): number {
    try {
      return this.#walk(cursor, options)
    } finally {
      for (const matcher of this.#matchers) matcher.release?.()
    }
  }

  #walk(cursor: Cursor, { from, complete, found }: WalkOptions): number {
    const { text } = cursor
    let at = from
    while (at < text.length) {
      const unit = text.charCodeAt(at)
      if (unit < ASCII && this.#begins[unit] === 0) {
        at += 1
        continue
      }
      if (isLowHalf(unit) && isHighHalf(cursor.before(at))) {
        at += 1
        continue
      }
      cursor.beyond = false
      const match = this.#longest(cursor, at)
      if (!complete && (cursor.beyond || (isHighHalf(unit) && at + 1 === text.length))) return at
      if (match !== undefined) found(match)
      at = match?.end ?? at + 1
    }
    return at
  }

  #longest(cursor: Cursor, at: number): Match | undefined {
    let end = NONE
    let best: ContentRule | undefined
    for (const [index, matcher] of this.#matchers.entries()) {
      const reached = matcher.match(cursor, at)
      if (reached <= end) continue
      end = reached
      best = this.rules[index]
    }
    return best === undefined || end <= at ? undefined : { start: at, end, rule: best }
  }
}

function isHighHalf(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

function isLowHalf(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}
