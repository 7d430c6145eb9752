import type { JsonObject } from '../../lib/json.ts'
import { stringAt, type Placed } from '../canonical/field-checks.ts'
import type { Part } from '../canonical/message-parts.ts'
import { toToolResult } from '../canonical/tool-result.ts'
import { readParts } from './request-items.ts'
import { toPart } from './request-parts.ts'

/** `function_call_output` -> a `tool` message, and what goes into the user message that follows the results. */
export function fromCallOutput({ value, path }: Placed): { readonly message: JsonObject; readonly media: readonly Part[] } {
  const id = stringAt(value, 'call_id', path)
  const { text, media } = toToolResult(id, readParts(value['output'], `${path}.output`).map(toPart))
  return { message: { role: 'tool', tool_call_id: id, content: text }, media }
}
