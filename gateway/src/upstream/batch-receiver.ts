/** What became of a batch that was sent to a receiver of telemetry. Texts are for the log; they hold nothing that the receiver said. */
export type BatchResult =
  /** `rejected`: of its items, what the receiver had no use for. */
  | { readonly kind: 'taken'; readonly rejected: number }
  /** May be taken later, not before `waitMs` where the receiver says so. */
  | { readonly kind: 'later'; readonly why: string; readonly waitMs?: number }
  /** Never will be. */
  | { readonly kind: 'refused'; readonly why: string }

/** Where telemetry is sent. */
export interface BatchReceiver {
  /** Never rejects. Aborted: `later`. */
  send(batch: Buffer, signal: AbortSignal): Promise<BatchResult>
  /** Ends its connections. */
  close(): void
}

export interface ReceiverAddress {
  readonly url: string
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>
}

/** Of an error of the connection: the innermost code, which is nobody's own text. */
export function connectionFault(error: unknown): BatchResult {
  let why = 'the connection failed'
  for (let current = error; current instanceof Error; current = current.cause)
    if ('code' in current && typeof current.code === 'string') why = current.code
  return { kind: 'later', why }
}

/**
 * Reads how many items an `ExportTraceServiceResponse` says were rejected: field 1 of the message in field 1. What is
 * no such message rejects none.
 */
export function rejectedIn(answer: Uint8Array): number {
  const partial = fieldOf(answer, 1)
  const rejected = partial instanceof Uint8Array ? fieldOf(partial, 1) : undefined
  return typeof rejected === 'number' && rejected > 0 ? rejected : 0
}

/** The first field of that number in protobuf's wire format: a number, or bytes. */
function fieldOf(bytes: Uint8Array, wanted: number): number | Uint8Array | undefined {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let factor = 1; at < bytes.length; factor *= 0x80) {
      const byte = bytes[at] ?? 0
      at += 1
      value += (byte & 0x7f) * factor
      if (byte < 0x80) break
    }
    return value
  }
  while (at < bytes.length) {
    const tag = varint()
    const type = tag % 8
    if (type !== 0 && type !== 2) return undefined
    const value = varint()
    const found = type === 0 ? value : bytes.subarray(at, at + value)
    if (Math.floor(tag / 8) === wanted) return found
    if (type === 2) at += value
  }
  return undefined
}
