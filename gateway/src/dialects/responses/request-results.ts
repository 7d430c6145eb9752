import type { JsonObject } from '../../endpoints/call.ts'
import { stringAt } from '../anthropic/field-checks.ts'
import { readParts, type Placed } from './request-items.ts'
import { toPart, type MediaPart, type Part } from './request-parts.ts'

export interface ToolResult {
  readonly message: JsonObject
  /** For the user message that follows the results. */
  readonly media: readonly Part[]
}

/** `function_call_output` → a `tool` message, which holds text alone: images and files move, with a note at both ends. */
export function toToolResult({ value, path }: Placed): ToolResult {
  const id = stringAt(value, 'call_id', path)
  const media: Part[] = []
  let moved = 0
  const note = (part: MediaPart): string => {
    moved += 1
    const name = `attachment ${moved} of the result of ${id}`
    media.push({ type: 'text', text: `[${name}]` }, part)
    return `[${name}: see the next message]`
  }
  const texts = readParts(value['output'], `${path}.output`)
    .map(toPart)
    .map((part) => (part.type === 'text' ? part.text : note(part)))
  return { message: { role: 'tool', tool_call_id: id, content: texts.join('\n') }, media }
}
