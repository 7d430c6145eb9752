import { namesOf, type Plain } from './plain.ts'

/** How a list becomes another: item `before` becomes item `after`; undefined where there is none on that side. In the order of the list that comes out. */
export interface Match {
  readonly before: number | undefined
  readonly after: number | undefined
}

/** Cells of the table that is filled to find what two lists have in common; beyond it the middle is taken place by place. */
const MAX_CELLS = 1_000_000

/** Items are known again by their names, or by what they are. What stands between known ones on both sides is matched in order. */
export function alignLists(before: readonly Plain[], after: readonly Plain[]): Match[] {
  const beforeNames = namesOf(before)
  const afterNames = namesOf(after)
  const named = beforeNames !== undefined && afterNames !== undefined
  const old = named ? beforeNames : before.map(canonical)
  const next = named ? afterNames : after.map(canonical)
  return fillGaps(commonItems(old, next), before.length, after.length)
}

/** Pairs of places of a longest common subsequence, upwards. */
export function commonItems(a: readonly string[], b: readonly string[]): [number, number][] {
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1
  const head = Array.from({ length: start }, (_, index): [number, number] => [index, index])
  const middle = longest(a.slice(start, a.length - end), b.slice(start, b.length - end))
  const tail = Array.from({ length: end }, (_, index): [number, number] => [a.length - end + index, b.length - end + index])
  return [...head, ...middle.map(([i, j]): [number, number] => [i + start, j + start]), ...tail]
}

function longest(a: readonly string[], b: readonly string[]): [number, number][] {
  const width = b.length + 1
  if (a.length === 0 || b.length === 0 || (a.length + 1) * width > MAX_CELLS) return []
  const lengths = new Uint32Array((a.length + 1) * width)
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const pairs: [number, number][] = []
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) pairs.push([i++, j++])
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1
    else j += 1
  }
  return pairs
}

function fillGaps(common: readonly [number, number][], beforeLength: number, afterLength: number): Match[] {
  const matches: Match[] = []
  let [i, j] = [0, 0]
  for (const [nextI, nextJ] of [...common, [beforeLength, afterLength] as const]) {
    while (i < nextI || j < nextJ) {
      matches.push({ before: i < nextI ? i : undefined, after: j < nextJ ? j : undefined })
      i = Math.min(i + 1, nextI)
      j = Math.min(j + 1, nextJ)
    }
    if (nextI < beforeLength && nextJ < afterLength) matches.push({ before: nextI, after: nextJ })
    i = nextI + 1
    j = nextJ + 1
  }
  return matches
}

function canonical(value: Plain): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
