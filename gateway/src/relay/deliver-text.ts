import { isObject } from '../lib/json.ts'
import { isErrorBody } from '../errors/upstream-error-body.ts'
import type { Delivered, Delivery } from './attempt.ts'
import { collect } from './collect.ts'
import { ANSWER_LIMIT_BYTES } from './deliver-json.ts'
import { protocolFailure } from './failure.ts'

/**
 * A transcription asked for as text, srt or vtt is text/plain whatever the backend calls it: vLLM wraps it in JSON,
 * Xinference labels it JSON, and clients decide by the content type how to read it (backends.md 21.13).
 */
export async function deliverText(delivery: Delivery): Promise<Delivered> {
  const bytes = await collect(delivery.exchange, ANSWER_LIMIT_BYTES, 'fail')
  delivery.arrived()
  const label = String(delivery.head.headers['content-type'] ?? '')
  if (label.includes('html')) return { kind: 'failed', failure: protocolFailure('HTML in place of a transcription') }
  const wrapped = label.includes('json') ? unwrap(bytes) : undefined
  if (wrapped === 'error') return { kind: 'failed', failure: protocolFailure('an error inside of a 200') }
  delivery.client.send(200, { ...delivery.headers(), 'content-type': 'text/plain; charset=utf-8' }, wrapped ?? bytes)
  return { kind: 'answered', usage: undefined }
}

/** `{"text": ...}` or a JSON string -> the text; undefined when the bytes are no JSON after all. */
function unwrap(bytes: Buffer): Buffer | 'error' | undefined {
  let json: unknown
  try {
    json = JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
  if (isErrorBody(json)) return 'error'
  if (typeof json === 'string') return Buffer.from(json)
  return isObject(json) && typeof json['text'] === 'string' ? Buffer.from(json['text']) : undefined
}
