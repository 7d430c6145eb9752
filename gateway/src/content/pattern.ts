import { createRequire } from 'node:module'
import type { RE2JS } from 're2js'
import { isAsciiLetter, isDigit } from './characters.ts'
import { NOTHING, type Cursor } from './cursor.ts'
import { NONE, type Matcher } from './matcher.ts'

/** Code units that a match of a pattern may have; what is longer is taken for several. */
export const LONGEST_MATCH = 256
/** A pattern's own length, and that of the program it is compiled to. */
const LONGEST_PATTERN = 1_000
const LARGEST_PROGRAM = 2_000
/** Steps that are remembered for one pattern; then it begins anew. */
const REMEMBERED_STEPS = 20_000
/** Beside two for each character, steps after which a text is looked at from its ends. */
const FEWEST_STEPS = 4_096

/** An instruction of RE2's programs (`prog.h`), as re2js has them. */
interface Instruction {
  readonly op: number
  readonly out: number
  readonly arg: number
  readonly runes: ArrayLike<number>
  matchRune(rune: number): boolean
}

interface Program {
  readonly inst: readonly Instruction[]
  readonly start: number
}

const OP = {
  alt: 1,
  altMatch: 2,
  capture: 3,
  emptyWidth: 4,
  fail: 5,
  match: 6,
  nop: 7,
  rune: 8,
  rune1: 9,
  any: 10,
  anyNotLine: 11,
} as const
const EMPTY = { beginLine: 1, endLine: 2, beginText: 4, endText: 8, border: 16, noBorder: 32 } as const
const ALL_EMPTY = 63
const LINE_FEED = 0x0a
const UNDERSCORE = 0x5f

/** What is wrong with a pattern; the text names it. */
export class PatternError extends Error {}

/** Places of a program at which a search may be. */
interface State {
  readonly places: readonly number[]
  readonly steps: Map<number, Step>
}

interface Step {
  /** Before the character: something ends here. */
  readonly matched: boolean
  /** Behind it; undefined where the search is over. */
  readonly next: State | undefined
}

/**
 * A regular expression by RE2's syntax, which has nothing whose time could grow faster than the text. re2js reads and
 * compiles it; its program is run here, since for a stream it must be known whether more text could still make a match.
 * Throws a PatternError.
 */
export function createPatternMatcher(pattern: string): Matcher {
  const automaton = new Automaton(compilePattern(pattern))
  return { begins: () => true, match: (cursor, at) => automaton.match(cursor, at), release: () => automaton.release() }
}

function compilePattern(pattern: string): Program {
  if (pattern.length > LONGEST_PATTERN) throw new PatternError(`is longer than ${LONGEST_PATTERN} characters`)
  let program: Program
  try {
    // Only where there is a pattern: it is a megabyte of memory.
    const re2js = createRequire(import.meta.url)('re2js') as { readonly RE2JS: typeof RE2JS }
    program = re2js.RE2JS.compile(pattern).re2().prog
  } catch (error) {
    const said = error instanceof Error ? error.message : ''
    throw new PatternError(`${explain(pattern)}${said === '' ? '' : ` (${said})`}`)
  }
  if (program.inst.length > LARGEST_PROGRAM) throw new PatternError('is too large: it has too many repetitions or alternatives')
  if (closureOf(program, [program.start], ALL_EMPTY).matched) throw new PatternError('would match an empty text, and so everywhere')
  return program
}

function explain(pattern: string): string {
  if (/\(\?<?[=!]/.test(pattern)) return 'has a look-ahead or look-behind, which patterns with a bounded running time cannot have'
  if (/\\[1-9]|\\k</.test(pattern)) return 'has a reference to an earlier group, which patterns with a bounded running time cannot have'
  return 'is no regular expression that RE2 understands'
}

/** A deterministic automaton that is made of the program as far as it is needed. */
class Automaton {
  readonly #program: Program
  /** Whether anything in it asks what stands on both sides of a place. */
  readonly #looksAround: boolean
  #states = new Map<string, State>()
  #steps = 0
  #start: State
  /** The text that is being gone through, the steps that were made for it, and when they are enough. */
  #cursor: Cursor | undefined
  #walked = 0
  #patience = 0
  /** Known once many ways into the text have led nowhere. */
  #ends: readonly number[] | undefined

  constructor(program: Program) {
    this.#program = program
    this.#looksAround = program.inst.some(({ op }) => op === OP.emptyWidth)
    this.#start = this.#stateOf([program.start])
  }

  match(cursor: Cursor, at: number): number {
    if (cursor !== this.#cursor) this.#begin(cursor)
    if (this.#ends === undefined && this.#walked > this.#patience) this.#ends = this.#endsIn(cursor, at)
    if (this.#ends !== undefined && at + LONGEST_MATCH < cursor.text.length && !this.#mayEnd(this.#ends, at)) return NONE
    return this.#walk(cursor, at)
  }

  release(): void {
    this.#cursor = undefined
    this.#ends = undefined
  }

  #begin(cursor: Cursor): void {
    this.#cursor = cursor
    this.#ends = undefined
    this.#walked = 0
    this.#patience = FEWEST_STEPS + 2 * cursor.text.length
  }

  /** Where anything ends that begins at this place or behind it: one way through the text, however many beginnings it has. */
  #endsIn(cursor: Cursor, from: number): readonly number[] {
    const ends: number[] = []
    const { start } = this.#program
    let places: readonly number[] = [start]
    let before = cursor.before(from)
    for (let place = from; place < cursor.text.length;) {
      const rune = cursor.codePoint(place)
      const { matched, next } = this.#step(this.#stateOf(places), before, rune)
      if (matched) ends.push(place)
      places = next === undefined ? [start] : [start, ...next.places]
      place += rune > 0xffff ? 2 : 1
      before = rune
    }
    return ends
  }

  #mayEnd(ends: readonly number[], at: number): boolean {
    let low = 0
    let high = ends.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((ends[middle] ?? 0) > at) high = middle
      else low = middle + 1
    }
    return (ends[low] ?? Infinity) <= at + LONGEST_MATCH
  }

  #walk(cursor: Cursor, at: number): number {
    let end = NONE
    let state = this.#start
    let before = cursor.before(at)
    for (let place = at; place - at <= LONGEST_MATCH;) {
      this.#walked += 1
      const rune = cursor.codePoint(place)
      const { matched, next } = this.#step(state, before, rune)
      if (matched) end = place
      if (next === undefined || rune === NOTHING) break
      place += rune > 0xffff ? 2 : 1
      before = rune
      state = next
    }
    return end
  }

  #step(state: State, before: number, rune: number): Step {
    const flags = this.#looksAround ? flagsBetween(before, rune) : 0
    const key = (rune + 1) * (ALL_EMPTY + 1) + flags
    const known = state.steps.get(key)
    if (known !== undefined) return known
    if (this.#steps >= REMEMBERED_STEPS) this.#forget()
    const { matched, places } = closureOf(this.#program, state.places, flags)
    const next = places.flatMap((place) => {
      const instruction = this.#program.inst[place]
      return instruction !== undefined && rune !== NOTHING && takes(instruction, rune) ? [instruction.out] : []
    })
    const step = { matched, next: next.length === 0 ? undefined : this.#stateOf(next) }
    state.steps.set(key, step)
    this.#steps += 1
    return step
  }

  #stateOf(places: readonly number[]): State {
    const sorted = [...new Set(places)].sort((a, b) => a - b)
    const key = sorted.join(',')
    const known = this.#states.get(key)
    if (known !== undefined) return known
    const state = { places: sorted, steps: new Map<number, Step>() }
    this.#states.set(key, state)
    return state
  }

  #forget(): void {
    this.#steps = 0
    this.#states = new Map()
    this.#start = this.#stateOf([this.#program.start])
  }
}

/** All places that can be reached without a character, and whether one of them is the end. */
function closureOf({ inst }: Program, from: readonly number[], flags: number): { matched: boolean; places: number[] } {
  const seen = new Set<number>()
  const places: number[] = []
  const open = [...from]
  let matched = false
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const instruction = inst[place]
    if (instruction === undefined || seen.has(place)) continue
    seen.add(place)
    const { op, out, arg } = instruction
    if (op === OP.match) matched = true
    else if (op === OP.alt || op === OP.altMatch) open.push(out, arg)
    else if (op === OP.capture || op === OP.nop) open.push(out)
    else if (op === OP.emptyWidth) {
      if ((arg & ~flags) === 0) open.push(out)
    } else if (op >= OP.rune && op <= OP.anyNotLine) places.push(place)
  }
  return { matched, places }
}

function takes(instruction: Instruction, rune: number): boolean {
  switch (instruction.op) {
    case OP.any:
      return true
    case OP.anyNotLine:
      return rune !== LINE_FEED
    case OP.rune1:
      return rune === instruction.runes[0]
    default:
      return instruction.matchRune(rune)
  }
}

function flagsBetween(before: number, after: number): number {
  let flags = isWord(before) === isWord(after) ? EMPTY.noBorder : EMPTY.border
  if (before === NOTHING) flags |= EMPTY.beginText | EMPTY.beginLine
  else if (before === LINE_FEED) flags |= EMPTY.beginLine
  if (after === NOTHING) flags |= EMPTY.endText | EMPTY.endLine
  else if (after === LINE_FEED) flags |= EMPTY.endLine
  return flags
}

/** `\b` and `\w` are ASCII in RE2. */
function isWord(rune: number): boolean {
  return isDigit(rune) || isAsciiLetter(rune) || rune === UNDERSCORE
}
