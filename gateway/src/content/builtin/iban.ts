import { bordersBefore, isAsciiLetter, isDigit, isEscapeLetter, isWordUnit } from '../characters.ts'
import { NONE, type Matcher } from '../matcher.ts'

/** ISO 13616: the shortest one in use, and the longest allowed. */
const FEWEST = 15
const MOST = 34
const SPACE = 0x20
const NO_BREAK_SPACE = 0xa0

/** Account numbers by ISO 13616, whole or in groups, whose check digits are right. */
export const IBAN: Matcher = {
  begins: isAsciiLetter,
  match(cursor, at) {
    if (!isAsciiLetter(cursor.at(at)) || !bordersBefore(cursor, at) || isEscapeLetter(cursor, at)) return NONE
    if (!isAsciiLetter(cursor.at(at + 1)) || !isDigit(cursor.at(at + 2)) || !isDigit(cursor.at(at + 3))) return NONE
    const units: number[] = []
    let end = NONE
    for (let next = at; units.length < MOST; next += 1) {
      const unit = cursor.at(next)
      if (isAlphanumeric(unit)) {
        units.push(unit)
        if (units.length >= FEWEST && !isWordUnit(cursor.at(next + 1)) && remainder(units) === 1) end = next + 1
      } else if (!isGap(unit) || !isAlphanumeric(cursor.at(next + 1))) break
    }
    return end
  },
}

function isAlphanumeric(unit: number): boolean {
  return isDigit(unit) || isAsciiLetter(unit)
}

function isGap(unit: number): boolean {
  return unit === SPACE || unit === NO_BREAK_SPACE
}

/** ISO 7064 MOD 97-10 over the number with its first four characters at the end, letters as 10 to 35. */
function remainder(units: readonly number[]): number {
  let rest = 0
  for (let index = 0; index < units.length; index += 1) {
    const unit = units[(index + 4) % units.length] ?? 0
    const value = isDigit(unit) ? unit - 0x30 : (unit & 0x1f) + 9
    rest = (value > 9 ? rest * 100 + value : rest * 10 + value) % 97
  }
  return rest
}
