import { bordersAfter, bordersBefore, isDigit } from '../characters.ts'
import type { Cursor } from '../cursor.ts'
import { NONE, type Matcher } from '../matcher.ts'

/** GB 11643-1999: weights of the first 17 digits, and the last character by the sum modulo 11. */
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
const CHECKS = '10X98765432'
const RESIDENT_LENGTH = 18
const SOCIAL_LENGTH = 11
const HYPHEN = 0x2d
const SPACE = 0x20

/** Chinese resident identity numbers with their check character, and US social security numbers as 3-2-4. */
export const ID_NUMBER: Matcher = {
  begins: isDigit,
  match(cursor, at) {
    if (!isDigit(cursor.at(at)) || !bordersBefore(cursor, at)) return NONE
    return Math.max(residentEnd(cursor, at), socialEnd(cursor, at))
  },
}

function residentEnd(cursor: Cursor, at: number): number {
  let sum = 0
  for (const [index, weight] of WEIGHTS.entries()) {
    const unit = cursor.at(at + index)
    if (!isDigit(unit)) return NONE
    sum += (unit - 0x30) * weight
  }
  const last = cursor.at(at + RESIDENT_LENGTH - 1)
  if (last < 0 || CHECKS[sum % 11] !== String.fromCharCode(last).toUpperCase()) return NONE
  const [year, month, day] = [numberAt(cursor, at + 6, 4), numberAt(cursor, at + 10, 2), numberAt(cursor, at + 12, 2)]
  if (year < 1800 || year > 2100 || month < 1 || month > 12 || day < 1 || day > 31) return NONE
  const end = at + RESIDENT_LENGTH
  return cursor.at(at) !== 0x30 && bordersAfter(cursor, end) ? end : NONE
}

/** The areas that were never given out are none (SSA, POMS RM 10201.035). */
function socialEnd(cursor: Cursor, at: number): number {
  const area = numberAt(cursor, at, 3)
  const gap = area < 0 ? NONE : cursor.at(at + 3)
  if (gap !== HYPHEN && gap !== SPACE) return NONE
  const group = numberAt(cursor, at + 4, 2)
  if (group < 1 || cursor.at(at + 6) !== gap) return NONE
  const serial = numberAt(cursor, at + 7, 4)
  if (serial < 1 || area === 0 || area === 666 || area >= 900) return NONE
  const end = at + SOCIAL_LENGTH
  return bordersAfter(cursor, end) ? end : NONE
}

/** NONE where it is no number of that many digits. */
function numberAt(cursor: Cursor, at: number, digits: number): number {
  let value = 0
  for (let index = 0; index < digits; index += 1) {
    const unit = cursor.at(at + index)
    if (!isDigit(unit)) return NONE
    value = value * 10 + unit - 0x30
  }
  return value
}
