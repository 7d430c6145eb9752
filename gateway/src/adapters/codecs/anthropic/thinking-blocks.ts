import { objectsIn, type JsonObject } from '../../../lib/json.ts'

/**
 * How thinking survives a round trip through OpenAI's form: next to the readable `reasoning_content`, an answer's
 * message has `thinking_blocks`, which are Anthropic's own blocks, signature included. A client that sends the message
 * back as it came sends them too; Anthropic demands them in tool loops.
 */
export function thinkingBlock(thinking: string, signature: string): JsonObject {
  return { type: 'thinking', thinking, signature }
}

export function redactedBlock(data: string): JsonObject {
  return { type: 'redacted_thinking', data }
}

/**
 * The blocks that an assistant message of the history carries, in `thinking_blocks` or in OpenRouter's
 * `reasoning_details`. Thinking without a signature is none of Anthropic's: it would be refused, and is left out.
 */
export function replayedThinking(message: JsonObject): JsonObject[] {
  const own = objectsIn(message['thinking_blocks']).flatMap(ownBlock)
  return own.length > 0 ? own : objectsIn(message['reasoning_details']).flatMap(detailBlock)
}

export function isThinking(block: JsonObject | undefined): boolean {
  return block?.['type'] === 'thinking' || block?.['type'] === 'redacted_thinking'
}

function ownBlock(block: JsonObject): JsonObject[] {
  if (block['type'] === 'thinking') return signed(block['thinking'], block['signature'])
  return block['type'] === 'redacted_thinking' ? redacted(block['data']) : []
}

function detailBlock(detail: JsonObject): JsonObject[] {
  if (detail['type'] === 'reasoning.text') return signed(detail['text'], detail['signature'])
  return detail['type'] === 'reasoning.encrypted' ? redacted(detail['data']) : []
}

/** The text may be empty: a model may keep it to itself and tell the signature alone. */
function signed(thinking: unknown, signature: unknown): JsonObject[] {
  if (typeof thinking !== 'string' || typeof signature !== 'string' || signature === '') return []
  return [thinkingBlock(thinking, signature)]
}

function redacted(data: unknown): JsonObject[] {
  return typeof data === 'string' && data !== '' ? [redactedBlock(data)] : []
}
