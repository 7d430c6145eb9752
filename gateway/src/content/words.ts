import { bordersAfter, bordersBefore, foldUnit, isWordUnit } from './characters.ts'
import type { Cursor } from './cursor.ts'
import { NONE, type Matcher } from './matcher.ts'

interface Node {
  readonly next: Map<number, Node>
  /** A word ends here. */
  ends: boolean
}

/**
 * Whole words, whatever their case. Where a word begins or ends with a character of a script without spaces, or with
 * none of any word, there is no border to look for.
 */
export function createWordMatcher(words: readonly string[]): Matcher {
  const root = newNode()
  for (const word of words) add(root, word)
  const beginnings = new Set(root.next.keys())

  return {
    begins: (unit) => beginnings.has(foldUnit(unit)),
    match(cursor, at) {
      const unit = cursor.at(at)
      let node = root.next.get(foldUnit(unit))
      if (node === undefined || (isWordUnit(unit) && !bordersBefore(cursor, at))) return NONE
      let end = NONE
      for (let next = at + 1; node !== undefined; next += 1) {
        if (node.ends && (!isWordUnit(cursor.at(next - 1)) || bordersAfter(cursor, next))) end = next
        node = node.next.size === 0 ? undefined : follow(node, cursor, next)
      }
      return end
    },
  }
}

function follow(node: Node, cursor: Cursor, at: number): Node | undefined {
  const unit = cursor.at(at)
  return unit < 0 ? undefined : node.next.get(foldUnit(unit))
}

function add(root: Node, word: string): void {
  let node = root
  for (let at = 0; at < word.length; at += 1) {
    const unit = foldUnit(word.charCodeAt(at))
    const next = node.next.get(unit) ?? newNode()
    node.next.set(unit, next)
    node = next
  }
  node.ends = true
}

function newNode(): Node {
  return { next: new Map(), ends: false }
}
