import { textOf, type JsonObject } from '../../lib/json.ts'
import { assistantMessage, textBesideCalls } from '../canonical/assistant-message.ts'
import { invalid, objectAt, stringAt, type Placed } from '../canonical/field-checks.ts'
import { functionCall } from '../canonical/function-tool.ts'
import { contentOf, textPart, type Part } from '../canonical/message-parts.ts'
import { toToolResult } from '../canonical/tool-result.ts'
import { toParts } from './request-parts.ts'
import { readBlocks, readTurns, type Turn } from './request-turns.ts'
import { PLACEHOLDER_SIGNATURE } from './thinking.ts'
import { unspeakable } from './unspeakable.ts'

/**
 * `system` and `messages` -> messages of a chat completion. Changed on the way: cache marks go; several system blocks
 * become one text; text of an assistant turn becomes one text before its tool calls; tool results come before what
 * else the user said, as a chat completion must have them.
 */
export function toMessages(fields: JsonObject): JsonObject[] {
  return [...systemMessage(readBlocks(fields['system'], 'system')), ...readTurns(fields['messages']).flatMap(fromTurn)]
}

function fromTurn({ role, blocks }: Turn): JsonObject[] {
  if (role === 'assistant') return [fromAssistant(blocks)]
  return role === 'system' ? systemMessage(blocks) : fromUser(blocks)
}

function systemMessage(blocks: readonly Placed[]): JsonObject[] {
  const text = systemText(blocks)
  return text === '' ? [] : [{ role: 'system', content: text }]
}

/**
 * One line of Claude Code's, in front of everything and different in each request: with it no server finds the
 * prompt's beginning in its prefix cache again. It says nothing to a model.
 */
const BILLING_LINE = /^x-anthropic-billing-header:[^\n]*\n?/

export function systemText(blocks: readonly Placed[]): string {
  const texts = blocks.map(({ value: block, path }) => {
    if (block['type'] !== 'text') throw invalid(`${path}.type`, '"text"')
    return stringAt(block, 'text', path).replace(BILLING_LINE, '')
  })
  return texts.filter((text) => text !== '').join('\n\n')
}

function fromUser(blocks: readonly Placed[]): JsonObject[] {
  const results: JsonObject[] = []
  const media: Part[] = []
  const parts: Part[] = []
  for (const placed of blocks) {
    if (placed.value['type'] === 'tool_result') {
      const result = fromToolResult(placed)
      results.push(result.message)
      media.push(...result.media)
    } else parts.push(...toParts(placed))
  }
  const all = [...media, ...parts]
  return all.length === 0 && results.length > 0 ? results : [...results, { role: 'user', content: contentOf(all) }]
}

/** That a tool failed is said in the text, for want of a field. */
function fromToolResult({ value: block, path }: Placed): { message: JsonObject; media: readonly Part[] } {
  const id = stringAt(block, 'tool_use_id', path)
  const { text, media } = toToolResult(id, readBlocks(block['content'], `${path}.content`).flatMap(toResultParts))
  const content = block['is_error'] === true ? `Error: ${text}` : text
  return { message: { role: 'tool', tool_call_id: id, content }, media }
}

/** A tool search of the client's own answers with names; the tools themselves stand in `tools`. */
function toResultParts(placed: Placed): Part[] {
  return placed.value['type'] === 'tool_reference' ? [textPart(stringAt(placed.value, 'tool_name', placed.path))] : toParts(placed)
}

/** `thinking_blocks` keeps what a server that signs its thinking wants back unchanged; absent unless something is signed. */
function fromAssistant(blocks: readonly Placed[]): JsonObject {
  let text = ''
  let reasoning = ''
  const signed: JsonObject[] = []
  const calls: JsonObject[] = []
  for (const { value: block, path } of blocks) {
    switch (block['type']) {
      case 'text':
        text += stringAt(block, 'text', path)
        break
      case 'thinking': {
        const thinking = stringAt(block, 'thinking', path)
        const signature = textOf(block['signature'])
        reasoning += thinking
        if (signature !== undefined && signature !== PLACEHOLDER_SIGNATURE) signed.push({ type: 'thinking', thinking, signature })
        break
      }
      case 'redacted_thinking':
        signed.push({ type: 'redacted_thinking', data: stringAt(block, 'data', path) })
        break
      case 'tool_use':
        calls.push(fromToolUse(block, path))
        break
      default:
        throw unspeakable(`${path}.type`, `An assistant's content block of type ${JSON.stringify(block['type'] ?? null)}`)
    }
  }
  return assistantMessage({ text: textBesideCalls(text, calls), reasoning, thinking: signed, calls })
}

function fromToolUse(block: JsonObject, path: string): JsonObject {
  const input = JSON.stringify(objectAt(block, 'input', path))
  return functionCall(stringAt(block, 'id', path), stringAt(block, 'name', path), input)
}
