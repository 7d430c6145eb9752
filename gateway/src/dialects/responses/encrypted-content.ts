import { isObject, parseJson, type JsonObject } from '../../lib/json.ts'

/** Tells ours from what OpenAI's own servers encrypted, which nobody but they can read. */
const MARK = 'jairouter.1.'

/**
 * A thinking block of Anthropic's, signature included, as a reasoning item's `encrypted_content`: clients send that
 * field back unchanged, and Anthropic demands its blocks in tool loops. The text goes along, since not all clients send
 * an item's `content` back. Only encoded: what is secret in a block, its server has encrypted itself.
 */
export function sealBlock(block: JsonObject): string {
  return MARK + Buffer.from(JSON.stringify(block)).toString('base64url')
}

/** Undefined for what is not ours. */
export function openBlock(content: unknown): JsonObject | undefined {
  if (typeof content !== 'string' || !content.startsWith(MARK)) return undefined
  const block = parseJson(Buffer.from(content.slice(MARK.length), 'base64url').toString('utf8'))
  return isObject(block) && (block['type'] === 'thinking' || block['type'] === 'redacted_thinking') ? block : undefined
}
