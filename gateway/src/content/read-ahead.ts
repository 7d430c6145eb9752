import { Findings } from './findings.ts'
import type { KnownTexts, RuleSet } from './rule-set.ts'
import { StreamMasker } from './stream-masker.ts'

/** Characters times rules that are looked at without a pause: some ten milliseconds with patterns. */
export const PIECE = 100_000
const FEWEST_CHARACTERS = 256

/** How much there is to do for so many characters. */
export function workOf(characters: number, { block, mask, flag }: RuleSet): number {
  return characters * [block, mask, flag].reduce((count, group) => count + (group?.rules.length ?? 0), 0)
}

/**
 * What rules make of texts, found out piece by piece: `pause` lets others have their turn, and throws when it is for
 * nothing. Long texts with many rules take seconds, which nobody else is to wait for.
 */
export async function readAhead(texts: Iterable<string>, rules: RuleSet, pause: () => Promise<void>): Promise<KnownTexts> {
  const known = new Map<string, { readonly text: string; readonly findings: Findings }>()
  const perPiece = Math.max(FEWEST_CHARACTERS, Math.floor(PIECE / Math.max(1, workOf(1, rules))))
  let since = 0
  for (const text of texts) {
    const findings = new Findings()
    const masker = new StreamMasker(rules, findings)
    let out = ''
    for (let at = 0; at < text.length;) {
      const piece = text.slice(at, at + Math.max(1, perPiece - since))
      out += masker.push(piece)
      at += piece.length
      since += piece.length
      if (since < perPiece) continue
      await pause()
      since = 0
    }
    out += masker.end()
    known.set(text, { text: out, findings })
  }
  return known
}
