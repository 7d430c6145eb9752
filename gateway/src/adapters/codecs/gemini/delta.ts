import type { JsonObject } from '../../../lib/json.ts'
import type { AnswerParts } from './answer-parts.ts'
import { signed } from './signature.ts'

/**
 * What one frame says of a choice -> its delta; undefined when that is nothing. The first says the role, even if nothing
 * else. `firstCall` is the index of the frame's first tool call.
 */
export function toDelta(parts: AnswerParts, first: boolean, firstCall: number): JsonObject | undefined {
  const { text, reasoning, images, signature } = parts
  const delta = {
    ...(first ? { role: 'assistant', content: text } : {}),
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(text === '' ? {} : { content: text }),
    ...toolCallsField(parts.toolCalls, firstCall),
    ...(images.length === 0 ? {} : { images }),
    ...signed(signature),
  }
  return Object.keys(delta).length === 0 ? undefined : delta
}

/** A whole call in one delta. */
export function toolCallsField(calls: readonly JsonObject[], firstCall: number): JsonObject {
  return calls.length === 0 ? {} : { tool_calls: calls.map((call, index) => ({ index: firstCall + index, ...call })) }
}
