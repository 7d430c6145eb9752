const LINE_FEED = 0x0a

/** Cuts a stream of bytes into lines. */
export interface LineReader {
  /** The lines that these bytes complete, without their line feeds. */
  push(bytes: Buffer): readonly Buffer[]
  /** What was held of a last line without its line feed; empty when there is none. */
  flush(): Buffer
  /** Bytes held of a line that is not complete. */
  pending(): number
}

/** Pieces of a line are joined once, when it is complete: a long one that comes in many pieces is not copied for each. */
export function createLineReader(): LineReader {
  let held: Buffer[] = []
  let heldBytes = 0

  function take(last: Buffer): Buffer {
    if (heldBytes === 0) return last
    const line = Buffer.concat([...held, last])
    held = []
    heldBytes = 0
    return line
  }

  return {
    push(bytes) {
      const lines: Buffer[] = []
      let start = 0
      for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
        lines.push(take(bytes.subarray(start, end)))
        start = end + 1
      }
      if (start < bytes.length) {
        held.push(bytes.subarray(start))
        heldBytes += bytes.length - start
      }
      return lines
    },
    flush: () => take(Buffer.alloc(0)),
    pending: () => heldBytes,
  }
}
