import { sql, type RawBuilder } from 'kysely'
import { wordsOf, type Bound, type Pattern, type Term } from '@jairouter/contract/management/query'
import { bitsOf } from '../matches.ts'
import type { HistoryFilter } from '../port.ts'
import { SPARSE, SPARSE_STATUS, type SqlDialect } from './history-tables.ts'

type Condition = RawBuilder<boolean>

/** `sample`: of rows that are named by their numbers, so that no other index is to be looked at. */
export type Spoken = SqlDialect | 'sqlite sample'

/** What a filter asks for, of the columns of the table of requests. */
export function conditionOf({ terms, from, to }: HistoryFilter, spoken: Spoken): Condition {
  const conditions = terms.map((term) => {
    const condition = termOf(term, spoken)
    // What is null holds not, and turned round it does.
    return term.negated ? sql<boolean>`not coalesce(${condition}, false)` : condition
  })
  if (from !== undefined) conditions.push(sql<boolean>`time >= ${from}`)
  if (to !== undefined) conditions.push(sql<boolean>`time < ${to}`)
  return allOf(conditions)
}

export function allOf(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? sql<boolean>`true` : sql<boolean>`(${sql.join(conditions, sql` and `)})`
}

export function anyOf(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? sql<boolean>`false` : sql<boolean>`(${sql.join(conditions, sql` or `)})`
}

function termOf(term: Term, spoken: Spoken): Condition {
  switch (term.kind) {
    case 'words':
      return wordsCondition(wordsOf(term.text))
    case 'flag':
      return sql<boolean>`(flags & ${sql.lit(bitsOf(term.values))}) <> 0`
    case 'number':
      return allOf([
        sql<boolean>`${columnOf(term.field, spoken)} in (${sql.join(term.values.map(numberOf))})`,
        ...sparseStatus(term.field, Math.min(...term.values), spoken),
      ])
    case 'range': {
      const column = columnOf(term.field, spoken)
      return allOf([
        ...boundOf(column, '>', term.from),
        ...boundOf(column, '<', term.to),
        ...sparseStatus(term.field, term.from?.value ?? -Infinity, spoken),
      ])
    }
    case 'text':
      return textCondition(term.field, term.patterns, spoken)
  }
}

/** Says what is so anyway, so that the sparse index is used. */
function sparseStatus(field: string, least: number, spoken: Spoken): readonly Condition[] {
  return field === 'status' && least >= SPARSE_STATUS && spoken !== 'sqlite sample'
    ? [sql<boolean>`status >= ${sql.lit(SPARSE_STATUS)}`]
    : []
}

/** As a number of the text, since a bound one takes the column's type and 0.5 is no bigint. */
function numberOf(value: number): RawBuilder<number> {
  return sql.lit(value)
}

function boundOf(column: RawBuilder<unknown>, direction: '<' | '>', bound: Bound | undefined): readonly Condition[] {
  if (bound === undefined) return []
  return [sql<boolean>`${column} ${sql.raw(`${direction}${bound.inclusive ? '=' : ''}`)} ${numberOf(bound.value)}`]
}

/** To SQLite, a sign before a column says that its index is none of ours (https://sqlite.org/optoverview.html 6.2). */
function columnOf(field: string, spoken: Spoken): RawBuilder<unknown> {
  return spoken === 'sqlite sample' ? sql`+${sql.ref(field)}` : sql.ref(field)
}

function textCondition(field: string, patterns: readonly Pattern[], spoken: Spoken): Condition {
  const column = columnOf(field, spoken)
  const whole = patterns.flatMap((pattern) => (pattern.length === 1 ? pattern : []))
  const parted = patterns.filter((pattern) => pattern.length > 1)
  const conditions: Condition[] = parted.map((pattern) =>
    spoken !== 'postgres' ? sql<boolean>`${column} glob ${globOf(pattern)}` : sql<boolean>`${column} like ${likeOf(pattern)} escape '\\'`,
  )
  if (whole.length > 0) {
    const values = whole.map((value) => sql`${value}`)
    const equal = whole.length === 1 ? sql<boolean>`${column} = ${whole[0]}` : sql<boolean>`${column} in (${sql.join(values)})`
    // So that an index is used that knows only rows which say something.
    conditions.push(SPARSE.has(field) && whole.every((value) => value !== '') ? sql<boolean>`(${equal} and ${column} <> '')` : equal)
  }
  return conditions.length === 1 && conditions[0] !== undefined ? conditions[0] : anyOf(conditions)
}

function globOf(pattern: Pattern): string {
  return pattern.map((piece) => piece.replaceAll(/[[*?]/g, '[$&]')).join('*')
}

function likeOf(pattern: Pattern): string {
  return pattern.map((piece) => piece.replaceAll(/[\\%_]/g, String.raw`\$&`)).join('%')
}

/** Of the rows that say something at all, of which each database has an index. */
function wordsCondition(words: readonly string[]): Condition {
  if (words.length === 0) return sql<boolean>`true`
  // Words hold none of the signs that mean something to LIKE.
  return allOf([sql<boolean>`words <> ''`, ...words.map((word) => sql<boolean>`words like ${`% ${word}%`}`)])
}

/** What FTS5 is to look for; undefined where no word must be there. */
export function matchOf({ terms }: HistoryFilter): string | undefined {
  const words = terms.flatMap((term) => (term.kind === 'words' && !term.negated ? wordsOf(term.text) : []))
  return words.length === 0 ? undefined : words.map((word) => `"${word}"*`).join(' ')
}
