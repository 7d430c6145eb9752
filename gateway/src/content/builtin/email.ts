import { bordersBefore, isDigit, isEscapeLetter, isWordUnit } from '../characters.ts'
import type { Cursor } from '../cursor.ts'
import { NONE, type Matcher } from '../matcher.ts'

/** RFC 5321 4.5.3.1: of the local part, of a label, and what is left of 256 for the domain. */
const LOCAL = 64
const LABEL = 63
const DOMAIN = 190

const AT = 0x40
const DOT = 0x2e
const HYPHEN = 0x2d
const UNDERSCORE = 0x5f
/** Beside letters and digits; those that RFC 5322 allows as well would eat up what stands around an address in URLs and code. */
const LOCAL_MARKS: ReadonlySet<number> = new Set([...'.-+%'].map((mark) => mark.charCodeAt(0)))

/** `name@host.domain`, letters of any script with spaces included; not `name@localhost`. */
export const EMAIL: Matcher = {
  begins: isWordUnit,
  match(cursor, at) {
    // In JSON text the `n` of a line feed is no part of the name.
    if (!isWordUnit(cursor.at(at)) || !bordersBefore(cursor, at) || isEscapeLetter(cursor, at)) return NONE
    let end = at + 1
    while (end - at < LOCAL && isLocal(cursor.at(end))) end += 1
    return cursor.at(end) === AT ? domainEnd(cursor, end + 1) : NONE
  },
}

function isLocal(unit: number): boolean {
  return isWordUnit(unit) || LOCAL_MARKS.has(unit)
}

/** The end of the longest name whose last label begins with two letters, behind at least one other. */
function domainEnd(cursor: Cursor, start: number): number {
  let end = NONE
  let label = start
  for (let labels = 0; label - start < DOMAIN; labels += 1) {
    let at = label
    while (at - label < LABEL && isLabel(cursor.at(at))) at += 1
    if (at === label) break
    if (labels > 0) {
      let letters = label
      while (letters < at && isLetter(cursor.at(letters))) letters += 1
      if (letters - label >= 2) end = letters
    }
    if (cursor.at(at) !== DOT) break
    label = at + 1
  }
  return end
}

function isLabel(unit: number): boolean {
  return unit === HYPHEN || (isWordUnit(unit) && unit !== UNDERSCORE)
}

function isLetter(unit: number): boolean {
  return unit !== UNDERSCORE && isWordUnit(unit) && !isDigit(unit)
}
