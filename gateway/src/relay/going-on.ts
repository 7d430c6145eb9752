import { isObject } from '../lib/json.ts'
import type { Call } from '../endpoints/call.ts'
import { canonicalCall } from '../endpoints/parse-json-call.ts'
import type { AdapterDefinition } from '../adapters/definition.ts'
import type { Resumption } from './resumption.ts'

const LIMITS = ['max_tokens', 'max_completion_tokens'] as const

/**
 * The call that goes on from the text that its client has: that stands at its end as the assistant's, and counts against
 * the limit of tokens. Undefined where the backend cannot, or the text is not all that was sent.
 */
export function goingOn(call: Call, { continuation }: AdapterDefinition, resumption: Resumption | undefined): Call | undefined {
  const begun = resumption?.begun
  if (continuation === undefined || resumption === undefined || begun === undefined || call.kind !== 'json') return undefined
  const { messages } = call.fields
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined
  // Its client has begun the answer itself: where that ends and ours begins, the backend could not be told.
  if (!Array.isArray(messages) || !isObject(last) || last['role'] === 'assistant') return undefined
  const limits = LIMITS.flatMap((name) => {
    const limit = call.fields[name]
    return typeof limit === 'number' ? [[name, Math.max(1, limit - resumption.pieces)]] : []
  })
  const spoken = { role: 'assistant', content: begun }
  return canonicalCall(call.endpoint, { ...call.fields, ...Object.fromEntries(limits), ...continuation, messages: [...messages, spoken] })
}
