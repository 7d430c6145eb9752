import { sql, type RawBuilder } from 'kysely'
import { wordsOf, type Bound, type Pattern, type Term } from '@jairouter/contract/management/query'
import { bitsOf } from '../matches.ts'
import type { HistoryFilter } from '../port.ts'
import { SPARSE, WORDS, type SqlDialect } from './history-tables.ts'

type Condition = RawBuilder<boolean>

/** What a filter asks for, of the columns of the table of requests. */
export function conditionOf({ terms, from, to }: HistoryFilter, dialect: SqlDialect): Condition {
  const conditions = terms.map((term) => {
    const condition = termOf(term, dialect)
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

function anyOf(conditions: readonly Condition[]): Condition {
  return sql<boolean>`(${sql.join(conditions, sql` or `)})`
}

function termOf(term: Term, dialect: SqlDialect): Condition {
  switch (term.kind) {
    case 'words':
      return wordsCondition(wordsOf(term.text), dialect)
    case 'flag':
      return sql<boolean>`(flags & ${sql.lit(bitsOf(term.values))}) <> 0`
    case 'number':
      return sql<boolean>`${sql.ref(term.field)} in (${sql.join(term.values.map(numberOf))})`
    case 'range':
      return allOf([...boundOf(term.field, '>', term.from), ...boundOf(term.field, '<', term.to)])
    case 'text':
      return textCondition(term.field, term.patterns, dialect)
  }
}

/** As a number of the text, since a bound one takes the column's type and 0.5 is no bigint. */
function numberOf(value: number): RawBuilder<number> {
  return sql.lit(value)
}

function boundOf(field: string, direction: '<' | '>', bound: Bound | undefined): readonly Condition[] {
  if (bound === undefined) return []
  return [sql<boolean>`${sql.ref(field)} ${sql.raw(`${direction}${bound.inclusive ? '=' : ''}`)} ${numberOf(bound.value)}`]
}

function textCondition(field: string, patterns: readonly Pattern[], dialect: SqlDialect): Condition {
  const column = sql.ref(field)
  const whole = patterns.flatMap((pattern) => (pattern.length === 1 ? pattern : []))
  const parted = patterns.filter((pattern) => pattern.length > 1)
  const conditions: Condition[] = parted.map((pattern) =>
    dialect === 'sqlite' ? sql<boolean>`${column} glob ${globOf(pattern)}` : sql<boolean>`${column} like ${likeOf(pattern)} escape '\\'`,
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

function wordsCondition(words: readonly string[], dialect: SqlDialect): Condition {
  if (words.length === 0) return sql<boolean>`true`
  if (dialect === 'sqlite') {
    const match = words.map((word) => `"${word}"*`).join(' ')
    return sql<boolean>`seq in (select rowid from ${sql.table(WORDS)} where ${sql.ref(WORDS)} match ${match})`
  }
  return allOf([sql<boolean>`words <> ''`, ...words.map((word) => sql<boolean>`words like ${`% ${word}%`}`)])
}
