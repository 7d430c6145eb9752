/**
 * One event of a server-sent event stream (WHATWG HTML 9.2).
 * `bytes` is what to pass on: the sender's own bytes when it framed with LF, else the same event framed anew.
 */
export interface SseEvent {
  readonly bytes: Buffer
  /** The joined `data:` lines; undefined when the block had none (a comment, or only `event:`, `id:`, `retry:`). */
  readonly data: Buffer | undefined
  readonly name: string | undefined
  /** A block of comments alone: keeps connections alive, says nothing of progress. */
  readonly comment: boolean
  /** The value of an `error:` field, which llama.cpp sent before September 2025 instead of `data:`. */
  readonly errorField: string | undefined
}

export interface SseReader {
  /** Events completed by this chunk. Throws SseOverflow when one event outgrows the limit. */
  push(chunk: Buffer): SseEvent[]
  /** What a last event without its blank line would have been: the standard drops it, and so should all but a final `[DONE]`. */
  flush(): SseEvent[]
  /** Bytes that belong to no complete event yet; at the end of a stream they are a truncated event. */
  pending(): number
}

export class SseOverflow extends Error {
  constructor(limit: number) {
    super(`One event of the stream is larger than ${limit} bytes`)
  }
}

const LF = 0x0a
const CR = 0x0d
const BOM = Buffer.from([0xef, 0xbb, 0xbf])
const DATA_PREFIX = Buffer.from('data:')
const EMPTY = Buffer.alloc(0)

/** Any cut of the bytes into chunks gives the same events: LF, CRLF and CR line ends, also when a cut falls between CR and LF. */
export function createSseReader(maximumEventBytes: number): SseReader {
  let rest: Buffer = EMPTY
  /** How far `rest` is known to hold no end of an event. */
  let scanned = 0
  let atStart = true

  function take(chunk: Buffer): Buffer {
    const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    if (!atStart) return all
    if (all.length < BOM.length && BOM.subarray(0, all.length).equals(all)) return all
    atStart = false
    return all.subarray(0, BOM.length).equals(BOM) ? all.subarray(BOM.length) : all
  }

  const reader: SseReader = {
    pending: () => rest.length,
    flush() {
      return rest.length === 0 ? [] : reader.push(Buffer.from('\n\n'))
    },
    push(chunk) {
      const all = take(chunk)
      const events: SseEvent[] = []
      let start = 0
      if (!atStart) {
        for (;;) {
          const end = blockEnd(all, start, Math.max(start, scanned))
          if (end < 0) break
          const event = readBlock(all.subarray(start, end))
          if (event !== undefined) events.push(event)
          start = end
          scanned = start
        }
      }
      rest = all.subarray(start)
      // A block's end is at most "\r\n\r\n": look at the last three bytes again when more arrives.
      scanned = Math.max(0, rest.length - 3)
      if (rest.length > maximumEventBytes) throw new SseOverflow(maximumEventBytes)
      return events
    },
  }
  return reader
}

/** Offset after the blank line that ends the block, or -1. A CR as the last byte may be half of a CRLF: wait. */
function blockEnd(bytes: Buffer, start: number, from: number): number {
  const lineFeeds = bytes.indexOf('\n\n', from, 'latin1')
  const firstReturn = bytes.indexOf(CR, from)
  if (firstReturn < 0) return lineFeeds < 0 ? leadingBlank(bytes, start) : endOfBlank(bytes, start, lineFeeds + 2)
  if (lineFeeds >= 0 && lineFeeds < firstReturn) return endOfBlank(bytes, start, lineFeeds + 2)
  for (let at = from; at < bytes.length; at += 1) {
    const first = lineBreak(bytes, at)
    if (first === 0) continue
    if (first < 0) return -1
    const second = lineBreak(bytes, at + first)
    if (second > 0) return at + first + second
    if (at === start) return at + first
    at += first - 1
  }
  return -1
}

/** Two line feeds at the very start of a block are blank lines on their own: take one at a time. */
function endOfBlank(bytes: Buffer, start: number, end: number): number {
  return bytes[start] === LF ? start + 1 : end
}

function leadingBlank(bytes: Buffer, start: number): number {
  return bytes[start] === LF ? start + 1 : -1
}

/** Length of the line break at `at`: 1 or 2, 0 if there is none, -1 if the next byte decides. */
function lineBreak(bytes: Buffer, at: number): number {
  const byte = bytes[at]
  if (byte === LF) return 1
  if (byte !== CR) return 0
  if (at + 1 >= bytes.length) return -1
  return bytes[at + 1] === LF ? 2 : 1
}

/** The usual block is one `data:` line framed with LF: no text is decoded and no byte is copied. */
function readBlock(block: Buffer): SseEvent | undefined {
  const firstLineFeed = block.indexOf(LF)
  const plain = firstLineFeed === block.length - 2 && block[block.length - 1] === LF && block.indexOf(CR) < 0
  if (plain && block.length > 6 && block.subarray(0, 5).equals(DATA_PREFIX)) {
    const data = block.subarray(block[5] === 0x20 ? 6 : 5, firstLineFeed)
    return { bytes: block, data, name: undefined, comment: false, errorField: undefined }
  }
  return readFields(block)
}

function readFields(block: Buffer): SseEvent | undefined {
  const text = block.toString('utf8')
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line !== '')
  if (lines.length === 0) return undefined
  const data: string[] = []
  let name: string | undefined
  let errorField: string | undefined
  for (const line of lines) {
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') data.push(value)
    else if (field === 'event') name = value
    else if (field === 'error') errorField = value
  }
  const comment = lines.every((line) => line.startsWith(':'))
  const dataText = data.length === 0 ? undefined : data.join('\n')
  const reframed = text.includes('\r')
  return {
    bytes: reframed ? Buffer.from(`${lines.join('\n')}\n\n`) : block,
    data: dataText === undefined ? undefined : Buffer.from(dataText),
    name,
    comment,
    errorField,
  }
}
