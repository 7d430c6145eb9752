/**
 * The language in which rows are asked for: `model:gpt-4o status>=500 -key:ci "connection reset"`.
 *
 * Terms stand apart by spaces, and all of them must hold. `field:value`, with several values with commas between them;
 * `field>n`, `>=`, `<`, `<=`, and `field:a..b` for both ends, either of which may be left out; `*` in a value stands for
 * anything; `-` before a term turns it round; quotes keep spaces and signs in a value (`\"` and `\\` inside of them).
 * What has no field is looked for in the text of errors.
 */

export type FieldKind = 'text' | 'number' | 'flag'

/** Name of a field -> what can be asked of it. Texts are compared as they are, capitals and all. */
export type FieldTable = Readonly<Record<string, FieldKind>>

export type Bound = { readonly value: number; readonly inclusive: boolean }

export type Term = { readonly negated: boolean } & (
  | { readonly kind: 'text'; readonly field: string; readonly patterns: readonly Pattern[] }
  | { readonly kind: 'range'; readonly field: string; readonly from?: Bound; readonly to?: Bound }
  /** Whole numbers, or such as 0.5. */
  | { readonly kind: 'number'; readonly field: string; readonly values: readonly number[] }
  | { readonly kind: 'flag'; readonly field: string; readonly values: readonly string[] }
  | { readonly kind: 'words'; readonly text: string }
)

/** Pieces between which anything may stand: one piece is the whole value. */
export type Pattern = readonly string[]

export interface QueryProblem {
  /** UTF-16 code units from the start, the last one not included. */
  readonly from: number
  readonly to: number
  readonly message: string
}

export interface ParseOptions {
  readonly fields: FieldTable
  /** Values that flags may have. */
  readonly flags: readonly string[]
}

const MOST_TERMS = 30
const MOST_VALUES = 50
const SPACE = /\s/
/** What ends a value that has no quotes. */
const VALUE_END = /[\s",]/
const FIELD = /-?([A-Za-z][A-Za-z.]*)(:|>=|<=|>|<)/y
const NUMBER = /^-?\d+(\.\d+)?$/

class Refused extends Error {
  readonly problem: QueryProblem

  constructor(from: number, to: number, message: string) {
    super(message)
    this.problem = { from, to, message }
  }
}

/** Reads a query, or says where it can't be read. Pure. */
export function parseQuery(text: string, options: ParseOptions): { readonly terms: readonly Term[] } | { readonly problem: QueryProblem } {
  try {
    const reader = new Reader(text, options)
    const terms: Term[] = []
    for (let term = reader.next(); term !== undefined; term = reader.next()) {
      if (terms.length === MOST_TERMS) throw new Refused(reader.termFrom, text.length, `There are more than ${MOST_TERMS} terms`)
      terms.push(term)
    }
    return { terms }
  } catch (error) {
    if (error instanceof Refused) return { problem: error.problem }
    throw error
  }
}

interface Piece {
  readonly text: string
  readonly quoted: boolean
  readonly from: number
  readonly to: number
}

class Reader {
  readonly #text: string
  readonly #options: ParseOptions
  #at = 0
  termFrom = 0

  constructor(text: string, options: ParseOptions) {
    this.#text = text
    this.#options = options
  }

  next(): Term | undefined {
    while (SPACE.test(this.#char)) this.#at += 1
    if (this.#at >= this.#text.length) return undefined
    this.termFrom = this.#at
    FIELD.lastIndex = this.#at
    const match = FIELD.exec(this.#text)
    const negated = this.#char === '-'
    if (match === null) return this.#words(negated)
    this.#at += match[0].length
    const [, field = '', operator = ':'] = match
    return this.#compared({ field, operator, negated, fieldFrom: this.termFrom + (negated ? 1 : 0) })
  }

  #words(negated: boolean): Term {
    if (negated) this.#at += 1
    const { text, from, to } = this.#piece()
    if (text.trim() === '') throw new Refused(from, Math.max(to, from + 1), 'Expected a word, or field:value')
    return { kind: 'words', negated, text }
  }

  #compared({ field, operator, negated, fieldFrom }: { field: string; operator: string; negated: boolean; fieldFrom: number }): Term {
    const { fields, flags } = this.#options
    const kind = Object.hasOwn(fields, field) ? fields[field] : undefined
    if (kind === undefined)
      throw new Refused(fieldFrom, fieldFrom + field.length, `There is no field "${field}"; there are ${Object.keys(fields).join(', ')}`)
    if (operator !== ':') {
      if (kind !== 'number') throw new Refused(fieldFrom, this.#at, `${field} is no number: it can only be asked for with ${field}:value`)
      return { kind: 'range', negated, field, ...boundBy(operator, this.#number(this.#piece())) }
    }
    const pieces = this.#pieces()
    const only = pieces.length === 1 ? pieces[0] : undefined
    if (kind === 'number' && only?.quoted === false && only.text.includes('..'))
      return { kind: 'range', negated, field, ...this.#range(only) }
    switch (kind) {
      case 'number':
        return { kind: 'number', negated, field, values: pieces.map((piece) => this.#number(piece)) }
      case 'flag':
        return { kind: 'flag', negated, field, values: pieces.map((piece) => flagOf(piece, flags)) }
      case 'text':
        return { kind: 'text', negated, field, patterns: pieces.map(({ text, quoted }) => (quoted ? [text] : text.split(/\*+/))) }
    }
  }

  #range(piece: Piece): { from?: Bound; to?: Bound } {
    const [low = '', high = '', ...more] = piece.text.split('..')
    if (more.length > 0 || (low === '' && high === '')) throw new Refused(piece.from, piece.to, 'Expected a range such as 400..499')
    const bound = (text: string, from: number) => ({
      value: this.#number({ text, quoted: false, from, to: from + text.length }),
      inclusive: true,
    })
    return {
      ...(low === '' ? {} : { from: bound(low, piece.from) }),
      ...(high === '' ? {} : { to: bound(high, piece.from + low.length + 2) }),
    }
  }

  #number({ text, from, to }: Piece): number {
    const value = NUMBER.test(text) ? Number(text) : Number.NaN
    if (!Number.isFinite(value)) throw new Refused(from, Math.max(to, from + 1), `Expected a number, got "${text}"`)
    // -0 is written as 0.
    return value === 0 ? 0 : value
  }

  #pieces(): readonly Piece[] {
    const pieces: Piece[] = []
    for (;;) {
      const piece = this.#piece()
      if (piece.text === '' && !piece.quoted) throw new Refused(piece.from, piece.from + 1, 'Expected a value; "" stands for none')
      pieces.push(piece)
      if (pieces.length > MOST_VALUES) throw new Refused(piece.from, piece.to, `There are more than ${MOST_VALUES} values`)
      if (this.#char !== ',') return pieces
      this.#at += 1
    }
  }

  /** Up to a space or a comma, or in quotes. */
  #piece(): Piece {
    const from = this.#at
    if (this.#char === '"') return { text: this.#quoted(), quoted: true, from, to: this.#at }
    while (this.#at < this.#text.length && !VALUE_END.test(this.#char)) this.#at += 1
    if (this.#char === '"') throw new Refused(this.#at, this.#at + 1, 'Quotes stand around a whole value')
    if (this.#char === ',' && this.#at === from && from === this.termFrom) this.#at += 1
    return { text: this.#text.slice(from, this.#at), quoted: false, from, to: this.#at }
  }

  #quoted(): string {
    const from = this.#at
    let text = ''
    for (this.#at += 1; this.#at < this.#text.length; this.#at += 1) {
      if (this.#char === '"') {
        this.#at += 1
        if (this.#at < this.#text.length && !/[\s,]/.test(this.#char))
          throw new Refused(this.#at, this.#at + 1, 'Expected a space after the quotes')
        return text
      }
      if (this.#char === '\\') this.#at += 1
      text += this.#char
    }
    throw new Refused(from, this.#text.length, 'These quotes have no end')
  }

  get #char(): string {
    return this.#text[this.#at] ?? ''
  }
}

function boundBy(operator: string, value: number): { from?: Bound; to?: Bound } {
  const bound = { value, inclusive: operator.endsWith('=') }
  return operator.startsWith('>') ? { from: bound } : { to: bound }
}

function flagOf({ text, from, to }: Piece, flags: readonly string[]): string {
  if (flags.includes(text)) return text
  throw new Refused(from, to, `There is no "${text}"; there are ${flags.join(', ')}`)
}

/** The query that is read as these terms. */
export function printQuery(terms: readonly Term[]): string {
  return terms.map((term) => `${term.negated ? '-' : ''}${printed(term)}`).join(' ')
}

function printed(term: Term): string {
  switch (term.kind) {
    case 'words':
      return quote(term.text)
    case 'text':
      return `${term.field}:${term.patterns.map(printedPattern).join(',')}`
    case 'number':
      return `${term.field}:${term.values.join(',')}`
    case 'flag':
      return `${term.field}:${term.values.join(',')}`
    case 'range':
      return printedRange(term.field, term)
  }
}

function printedPattern(pattern: Pattern): string {
  return pattern.length === 1 ? quote(pattern[0] ?? '') : pattern.join('*')
}

function printedRange(field: string, { from, to }: { readonly from?: Bound; readonly to?: Bound }): string {
  if (from !== undefined && to !== undefined) return `${field}:${from.value}..${to.value}`
  if (from !== undefined) return `${field}>${from.inclusive ? '=' : ''}${from.value}`
  return `${field}<${to?.inclusive === true ? '=' : ''}${to?.value ?? 0}`
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}

/** What of a text is looked for, and found: its words in small letters, with what is neither letter nor digit taken out. */
export function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}
