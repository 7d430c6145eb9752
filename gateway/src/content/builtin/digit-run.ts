import { isDigit } from '../characters.ts'
import type { Cursor } from '../cursor.ts'

/** Digits in a row, with what stands between them. */
export interface DigitRun {
  readonly digits: readonly number[]
  /** Behind each digit: where it ends. */
  readonly ends: readonly number[]
  /** Before each digit: how many separators. */
  readonly gaps: readonly number[]
}

export interface DigitRunOptions {
  /** Digits that are read at most. */
  readonly most: number
  readonly isSeparator: (unit: number) => boolean
  /** Separators that may stand between two digits. */
  readonly widest: number
}

/** Reads from a place on, which holds a digit or a separator. */
export function readDigits(cursor: Cursor, at: number, { most, isSeparator, widest }: DigitRunOptions): DigitRun {
  const digits: number[] = []
  const ends: number[] = []
  const gaps: number[] = []
  let gap = 0
  for (let next = at; digits.length < most; next += 1) {
    const unit = cursor.at(next)
    if (isDigit(unit)) {
      digits.push(unit - 0x30)
      ends.push(next + 1)
      gaps.push(gap)
      gap = 0
    } else if (gap < widest && isSeparator(unit)) gap += 1
    else break
  }
  return { digits, ends, gaps }
}

/** Whether no further digit stands right behind the first `count`. */
export function endsBehind(cursor: Cursor, { ends, digits, gaps }: DigitRun, count: number): boolean {
  const end = ends[count - 1]
  if (end === undefined) return false
  return count < digits.length ? gaps[count] !== 0 : !isDigit(cursor.at(end))
}
