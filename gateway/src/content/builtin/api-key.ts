import { bordersBefore, isAsciiLetter, isDigit } from '../characters.ts'
import type { Cursor } from '../cursor.ts'
import { NONE, type Matcher } from '../matcher.ts'

/** A longer token is taken for one of this length. */
const MOST = 4_096
const MOST_OF_PEM = 8_192
const HYPHEN = 0x2d
const UNDERSCORE = 0x5f
const DOT = 0x2e

interface Token {
  readonly prefix: string
  /** Characters behind the prefix. */
  readonly fewest: number
  readonly most: number
  readonly digit: boolean
}

/** Names of packages and classes begin like some of them; keys are random, so that a digit is among them. */
const TOKENS: readonly Token[] = [
  ...['sk-', 'jr-', 'sk_live_', 'sk_test_', 'rk_live_', 'github_pat_', 'glpat-', 'hf_'].map((prefix) => open(prefix, 16)),
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map((prefix) => open(prefix, 20)),
  ...['xoxa-', 'xoxb-', 'xoxe-', 'xoxo-', 'xoxp-', 'xoxr-', 'xoxs-'].map((prefix) => open(prefix, 10)),
  { prefix: 'AIza', fewest: 35, most: 35, digit: false },
  { prefix: 'AKIA', fewest: 16, most: 16, digit: false },
  { prefix: 'ASIA', fewest: 16, most: 16, digit: false },
]
const JWT = 'eyJ'
const PEM = '-----BEGIN '
const PEM_END = '-----END '
const PEM_KIND = 'PRIVATE KEY-----'
const BEGINNINGS: ReadonlySet<number> = new Set([...TOKENS.map(({ prefix }) => prefix), JWT, PEM].map((prefix) => prefix.charCodeAt(0)))

function open(prefix: string, fewest: number): Token {
  return { prefix, fewest, most: MOST, digit: true }
}

/** Keys of well-known services and of this gateway, JSON web tokens, and private keys in PEM. */
export const API_KEY: Matcher = {
  begins: (unit) => BEGINNINGS.has(unit),
  match(cursor, at) {
    const unit = cursor.at(at)
    if (unit === HYPHEN) return pemEnd(cursor, at)
    if (!BEGINNINGS.has(unit) || !bordersBefore(cursor, at)) return NONE
    const ends = TOKENS.map((token) => (token.prefix.charCodeAt(0) === unit ? tokenEnd(cursor, at, token) : NONE))
    return Math.max(...ends, jwtEnd(cursor, at))
  },
}

function startsWith(cursor: Cursor, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (cursor.at(at + index) !== text.charCodeAt(index)) return false
  return true
}

function tokenEnd(cursor: Cursor, at: number, { prefix, fewest, most, digit }: Token): number {
  if (!startsWith(cursor, at, prefix)) return NONE
  const start = at + prefix.length
  const end = runEnd(cursor, start, most)
  if (end - start < fewest) return NONE
  if (!digit) return isTokenUnit(cursor.at(end)) ? NONE : end
  for (let place = start; place < end; place += 1) if (isDigit(cursor.at(place))) return end
  return NONE
}

/** Header and payload are JSON objects in base64url (RFC 7519 3); the signature may be missing, but not its dot. */
function jwtEnd(cursor: Cursor, at: number): number {
  if (!startsWith(cursor, at, JWT)) return NONE
  const header = runEnd(cursor, at, MOST)
  if (cursor.at(header) !== DOT || !startsWith(cursor, header + 1, JWT)) return NONE
  const payload = runEnd(cursor, header + 1, MOST)
  return cursor.at(payload) === DOT ? runEnd(cursor, payload + 1, MOST) : NONE
}

function runEnd(cursor: Cursor, start: number, most: number): number {
  let at = start
  while (at - start < most && isTokenUnit(cursor.at(at))) at += 1
  return at
}

function isTokenUnit(unit: number): boolean {
  return isDigit(unit) || isAsciiLetter(unit) || unit === HYPHEN || unit === UNDERSCORE
}

/** RFC 7468: the line that begins it, the base64 that follows, whole or cut off, and the line that ends it. */
function pemEnd(cursor: Cursor, at: number): number {
  if (!startsWith(cursor, at, PEM)) return NONE
  const head = labelEnd(cursor, at + PEM.length)
  if (head === NONE) return NONE
  let end = head
  while (end - at < MOST_OF_PEM && isPemUnit(cursor.at(end))) end += 1
  const closing = startsWith(cursor, end, PEM_END) ? labelEnd(cursor, end + PEM_END.length) : NONE
  return closing === NONE ? end : closing
}

/** Behind `RSA PRIVATE KEY-----` and the like. */
function labelEnd(cursor: Cursor, start: number): number {
  for (let at = start; at - start < 32; at += 1) {
    if (startsWith(cursor, at, PEM_KIND)) return at + PEM_KIND.length
    const unit = cursor.at(at)
    if (!isAsciiLetter(unit) && unit !== 0x20) return NONE
  }
  return NONE
}

/** Base64, and line ends, also as JSON writes them. */
function isPemUnit(unit: number): boolean {
  return (
    isDigit(unit) ||
    isAsciiLetter(unit) ||
    unit === 0x2b ||
    unit === 0x2f ||
    unit === 0x3d ||
    unit === 0x0a ||
    unit === 0x0d ||
    unit === 0x5c
  )
}
