import { NOTHING, type Cursor } from './cursor.ts'

/** Characters before a place that the look of a border may depend on. */
export const LOOK_BEHIND = 16
/** More backslashes in a row than this are not counted. */
const MOST_BACKSLASHES = 8

const BACKSLASH = 0x5c
const WORD = /[\p{L}\p{N}\p{M}_]/u
/** Scripts that set no spaces between words, or glue particles to them: next to them a word has no border to look for. */
const UNSPACED =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Bopomofo}\p{sc=Hangul}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\u30fc]/u
const SPACE = /[\s\u00a0]/u
/** What follows a backslash in JSON text for a character that is no letter. */
const ESCAPE_LETTERS: ReadonlySet<number> = new Set([...'bfnrt'].map((letter) => letter.charCodeAt(0)))

const UNKNOWN = 0
const YES = 1
const NO = 2
/** By code unit. */
const wordUnits = new Uint8Array(0x1_00_00)
const folded = new Uint16Array(0x1_00_00)

/** Whether a code unit is part of a word in a script that sets spaces between them. Halves of pairs are not. */
export function isWordUnit(unit: number): boolean {
  if (unit < 0) return false
  const known = wordUnits[unit]
  if (known !== UNKNOWN) return known === YES
  const character = String.fromCharCode(unit)
  const is = WORD.test(character) && !UNSPACED.test(character)
  wordUnits[unit] = is ? YES : NO
  return is
}

/** One unit for all that reads alike: upper and lower case, full width, any white space. Depends on nothing around it. */
export function foldUnit(unit: number): number {
  if (unit <= 0 || (unit >= 0xd800 && unit <= 0xdfff)) return unit
  const known = folded[unit] ?? 0
  if (known !== 0) return known
  const result = foldCharacter(String.fromCharCode(unit))
  folded[unit] = result
  return result
}

function foldCharacter(character: string): number {
  if (SPACE.test(character)) return 0x20
  const wide = single(character.normalize('NFKC'), character)
  // By way of the upper case, so that both lower case sigmas are the same.
  return single(single(wide.toUpperCase(), wide).toLowerCase(), wide).charCodeAt(0)
}

function single(text: string, otherwise: string): string {
  return text.length === 1 ? text : otherwise
}

export function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39
}

export function isAsciiLetter(unit: number): boolean {
  return (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x61 && unit <= 0x7a)
}

/** Whether a word may begin here: behind what is no word, or behind an escape of JSON (`\n`), which models write into texts. */
export function bordersBefore(cursor: Cursor, at: number): boolean {
  return !isWordUnit(cursor.before(at)) || isEscapeLetter(cursor, at - 1)
}

/** Whether the character is the letter of an escape in JSON text. */
export function isEscapeLetter({ text }: Cursor, at: number): boolean {
  if (at < 1 || !ESCAPE_LETTERS.has(text.charCodeAt(at))) return false
  let slashes = 0
  while (slashes < MOST_BACKSLASHES && text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes += 1
  return slashes % 2 === 1
}

/** Whether a word may end here; looks at the character that follows. */
export function bordersAfter(cursor: Cursor, at: number): boolean {
  const unit = cursor.at(at)
  return unit === NOTHING || !isWordUnit(unit)
}
