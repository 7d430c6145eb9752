import type { Refused } from './refused.ts'
import { jsonAnswer, textAnswer, type Answer, type Asked } from './serve.ts'

/* What text-embeddings-inference has in common for embeddings and rerank. */

const TYPES: Readonly<Record<number, string>> = { 400: 'Empty', 422: 'Validation', 424: 'Backend', 429: 'Overloaded' }

/** One model for each process, whose name nobody asks for: no `/v1/models`. */
export function teiSide({ method, path }: Asked, info: { readonly model_type: object; readonly maximumBatch: number }): Answer | undefined {
  if (method !== 'GET') return undefined
  if (path === '/health' || path === '/ping' || path === '/') return textAnswer('', { status: 200, headers: {} })
  if (path !== '/info') return undefined
  return jsonAnswer({
    model_id: 'm',
    model_sha: null,
    model_dtype: 'float16',
    served_model_name: 'm',
    model_type: info.model_type,
    max_concurrent_requests: 512,
    max_input_length: 8192,
    max_batch_tokens: 16_384,
    max_batch_requests: null,
    max_client_batch_size: info.maximumBatch,
    auto_truncate: true,
    tokenization_workers: 8,
    version: '1.9.3',
  })
}

export const teiNotFound = (): Answer => textAnswer('', { status: 404, headers: {} })

/** Flat on the compatible path, and flat in another way on its own ones; what serde refuses is plain text. */
export function teiRefusal({ path }: Asked, { status, message, bare }: Refused): Answer {
  if (bare) return textAnswer(message, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } })
  const type = TYPES[status] ?? 'Backend'
  const isCompatible = path === '/v1/embeddings' || path === '/embeddings'
  return jsonAnswer(isCompatible ? { message, code: status, type } : { error: message, error_type: type }, { status })
}

export const teiHeaders = (texts: readonly string[], tokens: number): Answer['headers'] => ({
  'x-compute-type': 'cpu',
  'x-compute-time': '9',
  'x-compute-characters': String(texts.join('').length),
  'x-compute-tokens': String(tokens),
  'x-total-time': '9',
  'x-tokenization-time': '1',
  'x-queue-time': '1',
  'x-inference-time': '7',
})

export const missing = (field: string): string => `Failed to deserialize the JSON body into the target type: missing field \`${field}\``

export const oversized = (size: number, maximum: number): string => `batch size ${size} > maximum allowed batch size ${maximum}`
