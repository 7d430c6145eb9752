/** Longest word that is compared; also bounds the work for a name that a stranger sent. */
const MAX_LENGTH = 128
/** Beyond this many edits two words are not near, however long they are. */
const MAX_EDITS = 5

/**
 * The candidate that was probably meant by `word`, or undefined when none is near: at most a third of the word's
 * letters may differ (one for short words, five for long ones). Case does not count; the first of equals wins.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase()
  if (wanted.length === 0 || wanted.length > MAX_LENGTH) return undefined
  let best: string | undefined
  let limit = Math.min(MAX_EDITS, Math.max(1, Math.floor(wanted.length / 3)))
  for (const candidate of candidates) {
    const edits = editDistance(wanted, candidate.toLowerCase(), limit)
    if (edits > limit) continue
    best = candidate
    if (edits === 0) break
    limit = edits - 1
  }
  return best
}

/**
 * Letters to insert, delete, replace or swap with their neighbour to turn `a` into `b`; `limit + 1` when it is more than
 * `limit`. Only cells within `limit` of the diagonal are computed.
 */
function editDistance(a: string, b: string, limit: number): number {
  const tooFar = limit + 1
  if (Math.abs(a.length - b.length) > limit) return tooFar
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row += 1) {
    const current = Array.from({ length: b.length + 1 }, () => tooFar)
    current[0] = row
    for (let column = Math.max(1, row - limit); column <= Math.min(b.length, row + limit); column += 1) {
      const same = a[row - 1] === b[column - 1]
      let edits = Math.min(at(last, column - 1) + (same ? 0 : 1), at(last, column) + 1, at(current, column - 1) + 1)
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) edits = Math.min(edits, at(beforeLast, column - 2) + 1)
      current[column] = Math.min(edits, tooFar)
    }
    beforeLast = last
    last = current
  }
  return Math.min(at(last, b.length), tooFar)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
