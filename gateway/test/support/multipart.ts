import { createHash } from 'node:crypto'

export interface FilePart {
  readonly name: string
  readonly filename: string
  readonly type?: string
  readonly bytes: Buffer
}
export type FormPart = readonly [name: string, value: string] | FilePart

export interface Form {
  readonly contentType: string
  readonly body: Buffer
}

const BOUNDARY = '----jairouter-test-7d81b516112482'

/** A multipart form with its parts in the order given, as the bytes that go over the wire. */
export function formOf(parts: readonly FormPart[], boundary = BOUNDARY): Form {
  const pieces = parts.flatMap((part) => {
    if ('filename' in part) {
      const head = `content-disposition: form-data; name="${part.name}"; filename="${part.filename}"\r\ncontent-type: ${part.type ?? 'application/octet-stream'}`
      return [Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`), part.bytes, Buffer.from('\r\n')]
    }
    const [name, value] = part
    return [Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)]
  })
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
  }
}

/** Bytes without a pattern that a boundary could be found in, the same for the same length. */
export function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let state = 0x9e3779b9
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
