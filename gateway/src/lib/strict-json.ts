/** Why a text is not taken as JSON; no part of the text is in it but names of fields. */
export interface JsonFault {
  readonly kind: 'syntax' | 'duplicate' | 'proto' | 'depth'
  /** JSON pointer (RFC 6901) to the field; '' where it is the text as a whole. */
  readonly pointer: string
  /** Of a fault of syntax, in UTF-16 code units, where it is known. */
  readonly position?: number
}

export type StrictJson = { readonly value: unknown } | { readonly fault: JsonFault }

const MAXIMUM_DEPTH = 64

/** Parses JSON that everybody reads alike: no field twice in an object, none called `__proto__`, nothing nested deeper than 64 levels. */
export function parseStrictJson(text: string): StrictJson {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    // The engine's own message quotes the text.
    const position = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
    return { fault: { kind: 'syntax', pointer: '', ...(position === undefined ? {} : { position: Number(position) }) } }
  }
  const fault = faultIn(text)
  return fault === undefined ? { value } : { fault }
}

/** One segment of a JSON pointer. */
export function pointerSegment(part: PropertyKey): string {
  return `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

interface Level {
  /** Undefined in a list. */
  readonly keys: Set<string> | undefined
  key: string
  index: number
  /** In an object: a string that comes now is a key. */
  expectsKey: boolean
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g

/** The text has passed JSON.parse: its tokens alone tell the structure. */
function faultIn(text: string): JsonFault | undefined {
  const levels: Level[] = []
  const pointer = () => levels.map(({ keys, key, index }) => pointerSegment(keys === undefined ? index : key)).join('')
  for (const [token] of text.matchAll(TOKEN)) {
    const level = levels.at(-1)
    if (token === '{' || token === '[') {
      if (levels.length === MAXIMUM_DEPTH) return { kind: 'depth', pointer: pointer() }
      levels.push({ keys: token === '{' ? new Set() : undefined, key: '', index: 0, expectsKey: token === '{' })
    } else if (token === '}' || token === ']') levels.pop()
    else if (token === ',' && level !== undefined) {
      level.index += 1
      level.expectsKey = level.keys !== undefined
    } else if (token === ':' && level !== undefined) level.expectsKey = false
    else if (level?.expectsKey === true && level.keys !== undefined) {
      level.key = String(JSON.parse(token))
      if (level.key === '__proto__') return { kind: 'proto', pointer: pointer() }
      if (level.keys.has(level.key)) return { kind: 'duplicate', pointer: pointer() }
      level.keys.add(level.key)
    }
  }
  return undefined
}
