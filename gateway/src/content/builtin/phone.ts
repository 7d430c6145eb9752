import { bordersBefore, isDigit, isWordUnit } from '../characters.ts'
import type { Cursor } from '../cursor.ts'
import { NONE, type Matcher } from '../matcher.ts'
import { endsBehind, readDigits, type DigitRun, type DigitRunOptions } from './digit-run.ts'

/** E.164 6.2.1: digits of an international number. Shorter ones than eight are none in practice. */
const FEWEST = 8
const MOST = 15
const PLUS = 0x2b
const OPEN = 0x28
const SEPARATORS: ReadonlySet<number> = new Set([...' -.()\u00a0\u2011\u2013'].map((mark) => mark.charCodeAt(0)))

const OPTIONS: DigitRunOptions = { most: MOST + 3, isSeparator: (unit) => SEPARATORS.has(unit), widest: 2 }

/** International numbers (`+49 ...`, `0049 ...`), Chinese mobile ones, and North American ones that are written in groups. */
export const PHONE: Matcher = {
  begins: (unit) => isDigit(unit) || unit === PLUS || unit === OPEN,
  match(cursor, at) {
    const unit = cursor.at(at)
    if (!this.begins(unit) || !bordersBefore(cursor, at)) return NONE
    const run = readDigits(cursor, unit === PLUS ? at + 1 : at, OPTIONS)
    if (unit === PLUS) return international(cursor, run, 0)
    if (unit === OPEN) return northAmerican(cursor, run, 0)
    const [first, second] = run.digits
    const forms = [chinese(cursor, run, 0), northAmerican(cursor, run, 0)]
    if (first === 0 && second === 0) forms.push(international(cursor, run, 2))
    if (first === 8 && second === 6) forms.push(chinese(cursor, run, 2))
    if (first === 1) forms.push(northAmerican(cursor, run, 1))
    return Math.max(...forms)
  },
}

/** Behind `skipped` digits that say that the country follows. */
function international(cursor: Cursor, run: DigitRun, skipped: number): number {
  if ((run.digits[skipped] ?? 0) === 0) return NONE
  for (let count = Math.min(run.digits.length, skipped + MOST); count >= skipped + FEWEST; count -= 1)
    if (isWhole(cursor, run, count)) return endOf(run, count)
  return NONE
}

/** 11 digits from 13 to 19 up, whole or as 3-4-4. */
function chinese(cursor: Cursor, run: DigitRun, skipped: number): number {
  const { digits, gaps } = run
  if (digits[skipped] !== 1 || (digits[skipped + 1] ?? 0) < 3) return NONE
  const grouped = groupedAt(gaps, skipped)
  if (grouped.some((place) => place !== 3 && place !== 7)) return NONE
  return isWhole(cursor, run, skipped + 11) ? endOf(run, skipped + 11) : NONE

  function groupedAt(all: readonly number[], from: number): number[] {
    return all.slice(from + 1, from + 11).flatMap((gap, index) => (gap === 0 ? [] : [index + 1]))
  }
}

/** 3-3-4, with a gap at both places: ten digits in a row could be anything. */
function northAmerican(cursor: Cursor, run: DigitRun, skipped: number): number {
  const { digits, gaps } = run
  if ((digits[skipped] ?? 0) < 2 || (digits[skipped + 3] ?? 0) < 2) return NONE
  for (let place = 1; place < 10; place += 1) if ((place === 3 || place === 6) === ((gaps[skipped + place] ?? 0) === 0)) return NONE
  return isWhole(cursor, run, skipped + 10) ? endOf(run, skipped + 10) : NONE
}

function isWhole(cursor: Cursor, run: DigitRun, count: number): boolean {
  return endsBehind(cursor, run, count) && !isWordUnit(cursor.at(endOf(run, count)))
}

function endOf({ ends }: DigitRun, count: number): number {
  return ends[count - 1] ?? NONE
}
