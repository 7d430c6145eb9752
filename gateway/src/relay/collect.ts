import type { UpstreamExchange } from '../upstream/port.ts'
import { UpstreamFault } from '../upstream/upstream-fault.ts'

/** A whole body. Beyond the limit: `cut` keeps what fits, `fail` throws a protocol fault. */
export async function collect(
  exchange: UpstreamExchange,
  limitBytes: number,
  beyond: 'cut' | 'fail',
  onChunk?: () => void,
): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for (;;) {
    const chunk = await exchange.read()
    if (chunk === undefined) break
    onChunk?.()
    chunks.push(chunk)
    size += chunk.length
    if (size <= limitBytes) continue
    if (beyond === 'fail') throw new UpstreamFault('protocol', false, new Error(`an answer larger than ${limitBytes} bytes`))
    return Buffer.concat(chunks).subarray(0, limitBytes)
  }
  const [only] = chunks
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks)
}
