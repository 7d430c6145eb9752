import type { HistoryFlag } from '@jairouter/contract/management/history-names'
import { wordsOf, type Pattern, type Term } from '@jairouter/contract/management/query'
import { bitOf, type RequestRow } from './history-row.ts'
import type { HistoryFilter } from './port.ts'

/** Whether a row is one that is asked for: what the databases say of it, too. */
export function matches(row: RequestRow, { terms, from, to }: HistoryFilter): boolean {
  if (from !== undefined && row.time < from) return false
  if (to !== undefined && row.time >= to) return false
  return terms.every((term) => holds(row, term) !== term.negated)
}

function holds(row: RequestRow, term: Term): boolean {
  switch (term.kind) {
    case 'words':
      return wordsOf(term.text).every((word) => row.words.includes(` ${word}`))
    case 'flag':
      return (row.flags & bitsOf(term.values)) !== 0
    case 'text': {
      const value = String(valueOf(row, term.field) ?? '')
      return term.patterns.some((pattern) => fits(value, pattern))
    }
    case 'number': {
      const value = valueOf(row, term.field)
      return typeof value === 'number' && term.values.includes(value)
    }
    case 'range': {
      const value = valueOf(row, term.field)
      if (typeof value !== 'number') return false
      const { from, to } = term
      const isAbove = from === undefined || (from.inclusive ? value >= from.value : value > from.value)
      return isAbove && (to === undefined || (to.inclusive ? value <= to.value : value < to.value))
    }
  }
}

export function bitsOf(flags: readonly string[]): number {
  // The parser has let only flags in.
  return (flags as readonly HistoryFlag[]).reduce((bits, flag) => bits | bitOf(flag), 0)
}

/** Fields of queries are columns, all but `flag`. */
function valueOf(row: RequestRow, field: string): string | number | null | undefined {
  return Object.hasOwn(row, field) ? row[field as keyof RequestRow] : undefined
}

function fits(value: string, pattern: Pattern): boolean {
  const [first = '', ...others] = pattern
  const last = others.pop()
  if (last === undefined) return value === first
  if (!value.startsWith(first)) return false
  let at = first.length
  for (const piece of others) {
    const found = value.indexOf(piece, at)
    if (found === -1) return false
    at = found + piece.length
  }
  return value.length - last.length >= at && value.endsWith(last)
}
