import { stringEnd } from './json-members.ts'

/** Keys that lead to a string, the outermost first; an item of a list stands under the list's own key. */
export type StringPath = readonly string[]

/** A number comes as it is written, a key with the path that leads to its object. */
export type StringKind = 'string' | 'key' | 'number'

/** What is to stand in place of a string; the same string, or undefined, where it stays. */
export type RewriteString = (text: string, path: StringPath, kind: StringKind) => string | undefined

interface Level {
  readonly isObject: boolean
  /** The next string is a key. */
  beforeKey: boolean
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const OPEN_BRACKET = 0x5b
const CLOSE_BRACE = 0x7d
const CLOSE_BRACKET = 0x5d
const COMMA = 0x2c
const MINUS = 0x2d

/**
 * Writes strings of a JSON text anew, each where it stands, also those of a key that is there twice; every other byte
 * stays. A number that is changed becomes a string. `bytes` must have passed JSON.parse. The same buffer where nothing changes.
 */
export function rewriteStrings(bytes: Buffer, rewrite: RewriteString): Buffer {
  const levels: Level[] = []
  const path: string[] = []
  const pieces: Buffer[] = []
  let level: Level | undefined
  let from = 0
  const put = (start: number, end: number, next: string) => {
    pieces.push(bytes.subarray(from, start), Buffer.from(JSON.stringify(next)))
    from = end
  }
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      const end = stringEnd(bytes, at)
      if (level?.beforeKey === true) {
        level.beforeKey = false
        const key = decode(bytes, at, end)
        const next = rewrite(key, path.slice(0, -1), 'key')
        if (next !== undefined && next !== key) put(at, end + 1, next)
        path[path.length - 1] = key
      } else {
        const text = decode(bytes, at, end)
        const next = rewrite(text, path, 'string')
        if (next !== undefined && next !== text) put(at, end + 1, next)
      }
      at = end
    } else if (byte === MINUS || isDigit(byte)) {
      const start = at
      while (continuesNumber(bytes[at + 1])) at += 1
      const text = bytes.toString('latin1', start, at + 1)
      const next = rewrite(text, path, 'number')
      if (next !== undefined && next !== text) put(start, at + 1, next)
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      level = { isObject: byte === OPEN_BRACE, beforeKey: byte === OPEN_BRACE }
      levels.push(level)
      if (level.isObject) path.push('')
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (levels.pop()?.isObject === true) path.pop()
      level = levels.at(-1)
    } else if (byte === COMMA && level?.isObject === true) level.beforeKey = true
  }
  if (pieces.length === 0) return bytes
  pieces.push(bytes.subarray(from))
  return Buffer.concat(pieces)
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

/** Digits, `+`, `-`, `.`, and the letter of an exponent. */
function continuesNumber(byte: number | undefined): boolean {
  return isDigit(byte) || byte === 0x2b || byte === MINUS || byte === 0x2e || byte === 0x65 || byte === 0x45
}

function decode(bytes: Buffer, start: number, end: number): string {
  const escaped = bytes.subarray(start + 1, end).includes(BACKSLASH)
  return escaped ? String(JSON.parse(bytes.toString('utf8', start, end + 1))) : bytes.toString('utf8', start + 1, end)
}
