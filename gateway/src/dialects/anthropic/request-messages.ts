import type { JsonObject } from '../../endpoints/call.ts'
import { invalid, objectAt, stringAt, unspeakable } from './field-checks.ts'
import { toParts, type MediaPart, type Part } from './request-parts.ts'
import { readBlocks, readTurns, type PlacedBlock, type Turn } from './request-turns.ts'
import { PLACEHOLDER_SIGNATURE } from './thinking.ts'

/**
 * `system` and `messages` → messages of a chat completion. Changed on the way: cache marks go; several system blocks
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

function systemMessage(blocks: readonly PlacedBlock[]): JsonObject[] {
  const text = systemText(blocks)
  return text === '' ? [] : [{ role: 'system', content: text }]
}

/**
 * One line of Claude Code's, in front of everything and different in each request: with it no server finds the
 * prompt's beginning in its prefix cache again. It says nothing to a model.
 */
const BILLING_LINE = /^x-anthropic-billing-header:[^\n]*\n?/

export function systemText(blocks: readonly PlacedBlock[]): string {
  const texts = blocks.map(({ block, path }) => {
    if (block['type'] !== 'text') throw invalid(`${path}.type`, '"text"')
    return stringAt(block, 'text', path).replace(BILLING_LINE, '')
  })
  return texts.filter((text) => text !== '').join('\n\n')
}

function fromUser(blocks: readonly PlacedBlock[]): JsonObject[] {
  const results: JsonObject[] = []
  const media: Part[] = []
  const parts: Part[] = []
  for (const placed of blocks) {
    if (placed.block['type'] === 'tool_result') {
      const result = fromToolResult(placed)
      results.push(result.message)
      media.push(...result.media)
    } else parts.push(...toParts(placed))
  }
  const all = [...media, ...parts]
  return all.length === 0 && results.length > 0 ? results : [...results, { role: 'user', content: contentOf(all) }]
}

/** One text as a string: the oldest form, and the only one that every chat template takes. */
function contentOf(parts: readonly Part[]): string | readonly Part[] {
  const [first] = parts
  if (first === undefined) return ''
  return parts.length === 1 && first.type === 'text' ? first.text : parts
}

/**
 * A `tool` message holds text alone: images and files go into the user message that follows, with a note at both ends.
 * That a tool failed is said in the text, for want of a field.
 */
function fromToolResult({ block, path }: PlacedBlock): { message: JsonObject; media: Part[] } {
  const id = stringAt(block, 'tool_use_id', path)
  const media: Part[] = []
  let moved = 0
  const note = (part: MediaPart): string => {
    moved += 1
    const name = `${part.type === 'file' ? 'file' : 'image'} ${moved} of tool result ${id}`
    media.push({ type: 'text', text: `[${name}]` }, part)
    return `[${name}: in the next message]`
  }
  const texts = readBlocks(block['content'], `${path}.content`)
    .flatMap(toResultParts)
    .map((part) => (part.type === 'text' ? part.text : note(part)))
  const text = texts.join('\n')
  const content = block['is_error'] === true ? `Error: ${text}` : text
  return { message: { role: 'tool', tool_call_id: id, content }, media }
}

/** A tool search of the client's own answers with names; the tools themselves stand in `tools`. */
function toResultParts(placed: PlacedBlock): Part[] {
  return placed.block['type'] === 'tool_reference'
    ? [{ type: 'text', text: stringAt(placed.block, 'tool_name', placed.path) }]
    : toParts(placed)
}

/** `thinking_blocks` keeps what a server that signs its thinking wants back unchanged; absent unless something is signed. */
function fromAssistant(blocks: readonly PlacedBlock[]): JsonObject {
  let text = ''
  let reasoning = ''
  const signed: JsonObject[] = []
  const calls: JsonObject[] = []
  for (const { block, path } of blocks) {
    switch (block['type']) {
      case 'text':
        text += stringAt(block, 'text', path)
        break
      case 'thinking': {
        const thinking = stringAt(block, 'thinking', path)
        const { signature } = block
        reasoning += thinking
        if (typeof signature === 'string' && signature !== '' && signature !== PLACEHOLDER_SIGNATURE)
          signed.push({ type: 'thinking', thinking, signature })
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
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(signed.length === 0 ? {} : { thinking_blocks: signed }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
}

function fromToolUse(block: JsonObject, path: string): JsonObject {
  return {
    id: stringAt(block, 'id', path),
    type: 'function',
    function: { name: stringAt(block, 'name', path), arguments: JSON.stringify(objectAt(block, 'input', path)) },
  }
}
