import { bordersBefore, isDigit, isWordUnit } from '../characters.ts'
import { NONE, type Matcher } from '../matcher.ts'
import { endsBehind, readDigits, type DigitRunOptions } from './digit-run.ts'

/** ISO/IEC 7812: digits of a card's number. */
const FEWEST = 13
const MOST = 19
const SPACE = 0x20
const NO_BREAK_SPACE = 0xa0
const HYPHEN = 0x2d

const OPTIONS: DigitRunOptions = {
  most: MOST,
  isSeparator: (unit) => unit === SPACE || unit === HYPHEN || unit === NO_BREAK_SPACE,
  widest: 1,
}

/** 13 to 19 digits whose last one is right by Luhn's sum, in any groups. */
export const CARD: Matcher = {
  begins: (unit) => isDigit(unit) && unit !== 0x30,
  match(cursor, at) {
    const unit = cursor.at(at)
    if (!isDigit(unit) || unit === 0x30 || !bordersBefore(cursor, at)) return NONE
    const run = readDigits(cursor, at, OPTIONS)
    for (let count = run.digits.length; count >= FEWEST; count -= 1) {
      const end = run.ends[count - 1] ?? NONE
      if (endsBehind(cursor, run, count) && passesLuhn(run.digits, count) && !isWordUnit(cursor.at(end))) return end
    }
    return NONE
  },
}

/** ISO/IEC 7812-1 annex B, over the first `count` digits. */
function passesLuhn(digits: readonly number[], count: number): boolean {
  let sum = 0
  for (let back = 0; back < count; back += 1) {
    const digit = digits[count - 1 - back] ?? 0
    const doubled = digit * 2
    sum += back % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}
