import { createHash } from 'node:crypto'

/** Of what this version writes. A file with a greater one was written by a later version. */
const FORMAT = 1

export type RecordKind = 'commit' | 'checkpoint' | 'segment'

/** A file of the store: what it is, its place in the chain, and its content as JSON. */
export interface StoreRecord {
  readonly kind: RecordKind
  /** Commit: of its first one. Checkpoint: of the last commit that is in it. Segment: sequence of its first entry. */
  readonly number: number
  /** Checksum of the commit before; '' where there is none. */
  readonly previous: string
  readonly payload: unknown
}

export interface EncodedRecord {
  readonly bytes: Buffer
  readonly checksum: string
}

export type DecodedRecord = (StoreRecord & { readonly checksum: string }) | { readonly problem: 'damaged' | 'newer' }

/** A line with the header, a line with the payload. */
export function encodeRecord({ kind, number, previous, payload }: StoreRecord, format = FORMAT): EncodedRecord {
  const text = JSON.stringify(payload)
  const checksum = checksumOf(format, kind, number, previous, text)
  const header = JSON.stringify({ format, kind, number, previous, checksum })
  return { bytes: Buffer.from(`${header}\n${text}\n`), checksum }
}

export function decodeRecord(bytes: Buffer, kind: RecordKind): DecodedRecord {
  const [head = '', text, end, ...rest] = bytes.toString('utf8').split('\n')
  const header = parse(head)
  if (typeof header !== 'object' || header === null) return { problem: 'damaged' }
  const { format, number, previous, checksum } = header as Readonly<Record<string, unknown>>
  if (typeof format !== 'number' || typeof number !== 'number' || typeof previous !== 'string' || typeof checksum !== 'string')
    return { problem: 'damaged' }
  if (text === undefined || end !== '' || rest.length > 0) return { problem: 'damaged' }
  // Also of a later format, so that a flipped bit is not taken for one.
  if (checksum !== checksumOf(format, kind, number, previous, text)) return { problem: 'damaged' }
  if (format > FORMAT) return { problem: 'newer' }
  if (head !== JSON.stringify({ format, kind, number, previous, checksum })) return { problem: 'damaged' }
  return { kind, number, previous, payload: parse(text), checksum }
}

function checksumOf(format: number, kind: RecordKind, number: number, previous: string, text: string): string {
  return createHash('sha256').update(`${format} ${kind} ${number} ${previous}\n${text}`).digest('hex')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
