/** What stands from `start` to `end` of a text gives way to `text`. */
export interface Splice {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Makes those that do not touch each other; whoever calls this looks again at what is left to do. An earlier one wins over one that it overlaps. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  const chosen: Splice[] = []
  for (const splice of splices.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const before = chosen.at(-1)
    if (before === undefined || isApart(before, splice)) chosen.push(splice)
  }
  let result = ''
  let end = 0
  for (const splice of chosen) {
    result += text.slice(end, splice.start) + splice.text
    end = splice.end
  }
  return result + text.slice(end)
}

/** Two insertions at one place are two tries at the same thing. */
function isApart(before: Splice, next: Splice): boolean {
  return next.start >= before.end && !(next.start === before.start && next.end === before.end)
}
