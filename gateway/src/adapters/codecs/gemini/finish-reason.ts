import type { UpstreamErrorBody } from '../../../errors/upstream-error-body.ts'
import { textOf, type JsonObject } from '../../../lib/json.ts'
import { errorOf } from './errors.ts'

export type Finish =
  | { readonly kind: 'finished'; readonly reason: 'stop' | 'length' | 'tool_calls' | 'content_filter' }
  | { readonly kind: 'failed'; readonly error: UpstreamErrorBody }

/** Withheld by a filter: the model's, or the one on languages. */
const FILTERED: ReadonlySet<string> = new Set([
  'SAFETY',
  'RECITATION',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'MODEL_ARMOR',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
])
/** The model got lost: another attempt may do better. */
const FAILED: ReadonlySet<string> = new Set([
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
  'MALFORMED_RESPONSE',
  'NO_IMAGE',
  'IMAGE_OTHER',
  'OTHER',
])

/**
 * A candidate's `finishReason`; undefined while it has none. `STOP` after calls of functions is `tool_calls`. Reasons
 * that are not known yet end an answer like `STOP`.
 */
export function finishOf(candidate: JsonObject, calledTools: boolean): Finish | undefined {
  const reason = textOf(candidate['finishReason'])
  if (reason === undefined) return undefined
  if (FAILED.has(reason)) return { kind: 'failed', error: failureOf(reason, candidate['finishMessage']) }
  if (reason === 'MAX_TOKENS') return { kind: 'finished', reason: 'length' }
  if (FILTERED.has(reason)) return { kind: 'finished', reason: 'content_filter' }
  return { kind: 'finished', reason: calledTools ? 'tool_calls' : 'stop' }
}

function failureOf(reason: string, message: unknown): UpstreamErrorBody {
  const text = `The model stopped without an answer: ${reason}`
  const said = textOf(message)
  const cleaned = said === undefined ? '' : ` (${errorOf({ error: said }).message})`
  return { message: `${text}${cleaned}`, type: 'upstream_error', param: undefined, code: reason.toLowerCase() }
}
