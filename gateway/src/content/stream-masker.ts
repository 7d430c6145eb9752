import { LOOK_BEHIND } from './characters.ts'
import { Cursor } from './cursor.ts'
import type { Findings } from './findings.ts'
import type { RuleGroup } from './rule-group.ts'
import type { Match } from './rule.ts'
import type { RuleSet } from './rule-set.ts'

interface Walk {
  readonly group: RuleGroup
  /** Up to here it is decided; an offset into the kept text. */
  at: number
}

/**
 * Applies rules to a text that comes in pieces, and gives what may be passed on: all but an end that could still be the
 * beginning of a match. However the text is cut, what comes out is what a whole text would have become. When a rule
 * blocks, what stands before is the last that comes out.
 */
export class StreamMasker {
  readonly #findings: Findings
  readonly #walks: readonly Walk[]
  readonly #holding: readonly Walk[]
  #text = ''
  /** Up to here it was passed on. */
  #passed = 0
  #masked: Match[] = []
  #blockedAt: number | undefined
  #changed = false

  constructor({ block, mask, flag }: RuleSet, findings: Findings) {
    this.#findings = findings
    const walksOf = (groups: readonly (RuleGroup | undefined)[]) =>
      groups.flatMap((group): Walk[] => (group === undefined ? [] : [{ group, at: 0 }]))
    this.#holding = walksOf([block, mask])
    this.#walks = [...this.#holding, ...walksOf([flag])]
  }

  /** Something was masked. */
  get changed(): boolean {
    return this.#changed
  }

  push(text: string): string {
    if (text === '') return ''
    this.#text += text
    return this.#advance(false)
  }

  /** The rest, when the text is over. What may follow is another text. */
  end(): string {
    const rest = this.#advance(true)
    this.#text = ''
    this.#passed = 0
    for (const walk of this.#walks) walk.at = 0
    return rest
  }

  #advance(complete: boolean): string {
    const cursor = new Cursor(this.#text)
    for (const walk of this.#walks) walk.at = walk.group.walk(cursor, { from: walk.at, complete, found: this.#found })
    const limit = Math.min(this.#text.length, this.#blockedAt ?? Infinity, ...this.#holding.map(({ at }) => at))
    const out = this.#take(limit)
    this.#forget()
    return out
  }

  readonly #found = (match: Match): void => {
    this.#findings.add(match.rule)
    if (match.rule.action === 'mask') {
      this.#masked.push(match)
      this.#changed = true
    }
    if (match.rule.action === 'block') this.#blockedAt ??= match.start
  }

  /** The text up to a place, matches replaced; not into the middle of one. */
  #take(limit: number): string {
    let out = ''
    let upTo = limit
    const later: Match[] = []
    for (const match of this.#masked) {
      if (match.end > limit) {
        later.push(match)
        upTo = Math.min(upTo, match.start)
        continue
      }
      out += this.#text.slice(this.#passed, match.start) + match.rule.mask
      this.#passed = match.end
    }
    this.#masked = later
    if (upTo > this.#passed) {
      out += this.#text.slice(this.#passed, upTo)
      this.#passed = upTo
    }
    return out
  }

  /** What lies behind, but for what the border of a word may depend on. */
  #forget(): void {
    const keep = Math.max(0, Math.min(this.#passed, ...this.#walks.map(({ at }) => at)) - LOOK_BEHIND)
    if (keep === 0) return
    this.#text = this.#text.slice(keep)
    this.#passed -= keep
    for (const walk of this.#walks) walk.at -= keep
    this.#masked = this.#masked.map(({ start, end, rule }) => ({ start: start - keep, end: end - keep, rule }))
    if (this.#blockedAt !== undefined) this.#blockedAt -= keep
  }
}
