/** One `"key": value` pair of a JSON object, as byte offsets into its text. */
export interface Member {
  readonly key: string
  /** Where the key's opening quote stands. */
  readonly start: number
  readonly valueStart: number
  readonly valueEnd: number
}

/** The top level of a JSON object: enough to change single fields and leave every other byte as it was sent. */
export interface MemberScan {
  readonly members: readonly Member[]
  /** Offset of the opening brace. */
  readonly open: number
}

export class JsonShapeError extends Error {
  readonly field: string | undefined
  constructor(message: string, field?: string) {
    super(message)
    this.field = field
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const OPEN_BRACKET = 0x5b
const CLOSE_BRACE = 0x7d
const CLOSE_BRACKET = 0x5d
const COLON = 0x3a
const COMMA = 0x2c
/** Below this length a byte loop is quicker than the native search. */
const SHORT_STRING = 24
const MAXIMUM_NAMED_KEY = 64

/**
 * Finds the top-level members of a JSON object. `bytes` must have passed JSON.parse as an object: nothing of the
 * grammar is checked again. Throws JsonShapeError when nested deeper than `maximumDepth`, or when any key at any
 * depth is `__proto__`, which no honest client sends.
 */
export function scanMembers(bytes: Buffer, maximumDepth: number): MemberScan {
  const members: Member[] = []
  const open = bytes.indexOf(OPEN_BRACE)
  let depth = 0
  let key: string | undefined
  let keyStart = 0
  let valueStart = -1
  let lastEnd = 0
  for (let at = open; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      const end = stringEnd(bytes, at)
      if (end - at === 10 && isProto(bytes, at) && nextByte(bytes, end + 1) === COLON) {
        throw new JsonShapeError('The key "__proto__" is not allowed', '__proto__')
      }
      if (depth === 1 && key === undefined) {
        key = decodeKey(bytes, at, end)
        keyStart = at
      } else if (depth === 1 && valueStart < 0) valueStart = at
      at = end
      lastEnd = end + 1
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (depth === 1) valueStart = at
      depth += 1
      if (depth > maximumDepth) throw tooDeep(key, maximumDepth)
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET || (byte === COMMA && depth === 1)) {
      if (depth === 1 && key !== undefined) {
        members.push({ key, start: keyStart, valueStart, valueEnd: lastEnd })
        key = undefined
        valueStart = -1
      }
      if (byte !== COMMA) depth -= 1
      lastEnd = at + 1
    } else if (depth === 1 && byte !== COLON && byte !== undefined && byte > 0x20) {
      if (valueStart < 0) valueStart = at
      lastEnd = at + 1
    }
  }
  return { members, open }
}

function tooDeep(key: string | undefined, maximumDepth: number): JsonShapeError {
  // A name is the sender's own text: one of any length must not come back.
  const field = key !== undefined && key.length <= MAXIMUM_NAMED_KEY ? key : undefined
  return new JsonShapeError(
    `${field === undefined ? 'The JSON' : `The field "${field}"`} is nested deeper than ${maximumDepth} levels`,
    field,
  )
}

/** Offset of the closing quote of the string that opens at `start`. */
export function stringEnd(bytes: Buffer, start: number): number {
  let at = start + 1
  const soon = Math.min(at + SHORT_STRING, bytes.length)
  while (at < soon) {
    const byte = bytes[at]
    if (byte === QUOTE) return at
    at += byte === BACKSLASH ? 2 : 1
  }
  for (;;) {
    const quote = bytes.indexOf(QUOTE, at)
    if (quote < 0) return bytes.length
    let slashes = 0
    while (bytes[quote - 1 - slashes] === BACKSLASH && quote - 1 - slashes >= at) slashes += 1
    if (slashes % 2 === 0) return quote
    at = quote + 1
  }
}

function isProto(bytes: Buffer, start: number): boolean {
  return bytes[start + 1] === 0x5f && bytes.toString('latin1', start + 1, start + 10) === '__proto__'
}

function nextByte(bytes: Buffer, from: number): number | undefined {
  let at = from
  while (at < bytes.length && (bytes[at] ?? 0) <= 0x20) at += 1
  return bytes[at]
}

function decodeKey(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start + 1, end)
  return text.includes('\\') ? String(JSON.parse(`"${text}"`)) : text
}

/** A change to one top-level field. `set` replaces the value, or adds the field at the front when it is missing. */
export type Edit =
  | { readonly kind: 'set'; readonly key: string; readonly json: string }
  | { readonly kind: 'drop'; readonly key: string }
  | { readonly kind: 'rename'; readonly key: string; readonly to: string }

/** Applies edits (each key at most once) and keeps every other byte; no edits, the same buffer. */
export function editMembers(bytes: Buffer, scan: MemberScan, edits: readonly Edit[]): Buffer {
  if (edits.length === 0) return bytes
  const byKey = new Map(edits.map((edit) => [edit.key, edit]))
  const kept = scan.members.filter((member) => byKey.get(member.key)?.kind !== 'drop')
  const present = new Set(scan.members.map((member) => member.key))
  const added = edits.flatMap((edit) =>
    edit.kind === 'set' && !present.has(edit.key) ? [Buffer.from(`${JSON.stringify(edit.key)}:${edit.json}`)] : [],
  )
  if (kept.length < scan.members.length) return rebuild(bytes, kept, byKey, added)
  const pieces: Buffer[] = [bytes.subarray(0, scan.open + 1)]
  for (const [index, piece] of added.entries()) pieces.push(piece, index === added.length - 1 && kept.length === 0 ? EMPTY : COMMA_BYTE)
  let from = scan.open + 1
  for (const member of kept) {
    const edit = byKey.get(member.key)
    if (edit === undefined) continue
    const [start, end, text] =
      edit.kind === 'set'
        ? [member.valueStart, member.valueEnd, edit.json]
        : [member.start, member.valueStart, edit.kind === 'rename' ? `${JSON.stringify(edit.to)}:` : '']
    pieces.push(bytes.subarray(from, start), Buffer.from(text))
    from = end
  }
  pieces.push(bytes.subarray(from))
  return Buffer.concat(pieces)
}

const EMPTY = Buffer.alloc(0)
const COMMA_BYTE = Buffer.from(',')

/** When fields go, commas move: the object is put together again from its members' own bytes. */
function rebuild(bytes: Buffer, kept: readonly Member[], byKey: ReadonlyMap<string, Edit>, added: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [...added]
  for (const member of kept) {
    const edit = byKey.get(member.key)
    if (edit?.kind === 'set') parts.push(Buffer.concat([bytes.subarray(member.start, member.valueStart), Buffer.from(edit.json)]))
    else if (edit?.kind === 'rename') {
      parts.push(Buffer.concat([Buffer.from(`${JSON.stringify(edit.to)}:`), bytes.subarray(member.valueStart, member.valueEnd)]))
    } else parts.push(bytes.subarray(member.start, member.valueEnd))
  }
  const pieces: Buffer[] = [Buffer.from('{')]
  for (const [index, part] of parts.entries()) pieces.push(index === 0 ? EMPTY : COMMA_BYTE, part)
  pieces.push(Buffer.from('}'))
  return Buffer.concat(pieces)
}
