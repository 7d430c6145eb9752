import { commonItems } from '../edit/align.ts'

const CONTEXT = 3

interface Line {
  readonly sign: ' ' | '-' | '+'
  readonly text: string
  /** Places in the two texts, from 0; where the line is not in one of them, where it would stand. */
  readonly before: number
  readonly after: number
}

/** A unified diff as `patch` reads it; empty where the texts are the same. Very large differences are shown as one whole. */
export function unifiedDiff(before: string, after: string, names: { readonly before: string; readonly after: string }): string {
  if (before === after) return ''
  const lines = linesBetween(splitLines(before), splitLines(after))
  const hunks = hunksOf(lines).map((hunk) => formatHunk(hunk))
  return `--- ${names.before}\n+++ ${names.after}\n${hunks.join('')}`
}

/** Each with its line end; the last may have none. */
function splitLines(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

function linesBetween(a: readonly string[], b: readonly string[]): readonly Line[] {
  const lines: Line[] = []
  let [i, j] = [0, 0]
  for (const [nextI, nextJ] of [...commonItems(a, b), [a.length, b.length] as const]) {
    for (; i < nextI; i += 1) lines.push({ sign: '-', text: a[i] ?? '', before: i, after: j })
    for (; j < nextJ; j += 1) lines.push({ sign: '+', text: b[j] ?? '', before: i, after: j })
    if (i < a.length && j < b.length) lines.push({ sign: ' ', text: a[i] ?? '', before: i, after: j })
    i += 1
    j += 1
  }
  return lines
}

function hunksOf(lines: readonly Line[]): readonly (readonly Line[])[] {
  const changed = lines.flatMap(({ sign }, index) => (sign === ' ' ? [] : [index]))
  const ranges: { start: number; end: number }[] = []
  for (const index of changed) {
    const last = ranges.at(-1)
    const start = Math.max(0, index - CONTEXT)
    if (last !== undefined && start <= last.end) last.end = index + CONTEXT + 1
    else ranges.push({ start, end: index + CONTEXT + 1 })
  }
  return ranges.map(({ start, end }) => lines.slice(start, end))
}

function formatHunk(lines: readonly Line[]): string {
  const [first] = lines
  const range = (sign: '-' | '+', start: number) => {
    const count = lines.filter((line) => line.sign === ' ' || line.sign === sign).length
    return `${sign}${count === 0 ? start : start + 1}${count === 1 ? '' : `,${count}`}`
  }
  const head = `@@ ${range('-', first?.before ?? 0)} ${range('+', first?.after ?? 0)} @@\n`
  return head + lines.map(({ sign, text }) => `${sign}${text}${text.endsWith('\n') ? '' : '\n\\ No newline at end of file\n'}`).join('')
}
