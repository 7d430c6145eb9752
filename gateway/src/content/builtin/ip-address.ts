import { bordersBefore, isAsciiLetter, isDigit, isEscapeLetter, isWordUnit } from '../characters.ts'
import type { Cursor } from '../cursor.ts'
import { NONE, type Matcher } from '../matcher.ts'

const DOT = 0x2e
const COLON = 0x3a
/** The longest way to write an IPv6 address, with an IPv4 one at its end (RFC 4291 2.2). */
const MOST = 45
const GROUPS = 8

/** IPv4 as four numbers, and IPv6 in any of its forms that holds a digit. */
export const IP_ADDRESS: Matcher = {
  begins: (unit) => isHex(unit) || unit === COLON,
  match(cursor, at) {
    const unit = cursor.at(at)
    if (!this.begins(unit) || !bordersBefore(cursor, at) || isEscapeLetter(cursor, at)) return NONE
    return Math.max(isDigit(unit) && !isPartOfRow(cursor, at) ? ipv4End(cursor, at) : NONE, ipv6End(cursor, at))
  },
}

/** Behind `12.`: a version or a number of a chapter goes on. */
function isPartOfRow(cursor: Cursor, at: number): boolean {
  return cursor.before(at) === DOT && isDigit(cursor.before(at - 1))
}

function ipv4End(cursor: Cursor, start: number): number {
  let at = start
  for (let part = 0; part < 4; part += 1) {
    if (part > 0) {
      if (cursor.at(at) !== DOT) return NONE
      at += 1
    }
    let value = 0
    const from = at
    while (at - from < 3 && isDigit(cursor.at(at))) {
      value = value * 10 + cursor.at(at) - 0x30
      at += 1
    }
    if (at === from || value > 255) return NONE
  }
  const next = cursor.at(at)
  return isWordUnit(next) || (next === DOT && isDigit(cursor.at(at + 1))) ? NONE : at
}

function ipv6End(cursor: Cursor, start: number): number {
  if (cursor.before(start) === COLON) return NONE
  let run = start
  while (run - start < MOST && isPart(cursor.at(run))) run += 1
  const text = cursor.text.slice(start, run)
  if (text.indexOf(':') === text.lastIndexOf(':') || !/\d/.test(text)) return NONE
  for (let end = run; end > start; end -= 1) if (!isWordUnit(cursor.at(end)) && isIpv6(text.slice(0, end - start))) return end
  return NONE
}

function isPart(unit: number): boolean {
  return isHex(unit) || unit === COLON || unit === DOT
}

function isHex(unit: number): boolean {
  return isDigit(unit) || (isAsciiLetter(unit) && (unit | 0x20) <= 0x66)
}

function isIpv6(text: string): boolean {
  if (!/\d/.test(text)) return false
  const [head = '', tail, ...more] = text.split('::')
  if (more.length > 0) return false
  const groups = [...groupsOf(head), ...(tail === undefined ? [] : groupsOf(tail))]
  const last = groups.at(-1)
  const hasIpv4 = last?.includes('.') === true
  const count = groups.length + (hasIpv4 ? 1 : 0)
  if (tail === undefined ? count !== GROUPS : count >= GROUPS) return false
  return groups.every((group, index) => /^[0-9a-f]{1,4}$/i.test(group) || (hasIpv4 && index === groups.length - 1 && isIpv4(group)))
}

function groupsOf(half: string): string[] {
  return half === '' ? [] : half.split(':')
}

function isIpv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)
}
