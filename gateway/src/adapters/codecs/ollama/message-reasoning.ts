import { isObject, type JsonObject } from '../../../endpoints/call.ts'

/**
 * What the model thought before an earlier answer, from whichever field the client keeps it in; where two are filled
 * they say the same, and the first is taken. Undefined when there is nothing.
 */
export function readReasoning({ reasoning_content: content, reasoning, reasoning_details: details }: JsonObject): string | undefined {
  return textOf(content) ?? textOf(reasoning) ?? (Array.isArray(details) ? textOf(details.map(detailText).join('')) : undefined)
}

function detailText(detail: unknown): string {
  return isObject(detail) ? (textOf(detail['text']) ?? textOf(detail['summary']) ?? '') : ''
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
