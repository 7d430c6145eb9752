import { isObject, type JsonObject } from '../../lib/json.ts'
import { hasValue, needleOf } from '../../lib/json-needle.ts'
import { messageRepair, textOf, type Repair } from './repair.ts'

const CONTENT = needleOf('content')
const OPEN_BRACKET = 0x5b

/**
 * A list of parts as `content` (backends.md 19.6) -> the text of the text parts, and `reasoning_content` for those of
 * thinking. What is neither, such as Mistral's references, stays as it is under `content_parts`.
 */
export function contentPartsRepair(): Repair {
  return messageRepair((data) => hasValue(data, CONTENT, OPEN_BRACKET), toText)
}

function toText(message: JsonObject): JsonObject {
  const { content, ...rest } = message
  if (!Array.isArray(content)) return message
  let text = ''
  let reasoning = textOf(message['reasoning_content'])
  const others: unknown[] = []
  for (const part of content as readonly unknown[]) {
    if (typeof part === 'string') text += part
    else if (isObject(part) && part['type'] === 'text') text += textOf(part['text'])
    else if (isObject(part) && part['type'] === 'thinking') reasoning += thinkingOf(part['thinking'])
    else others.push(part)
  }
  return {
    ...rest,
    content: text,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(others.length === 0 ? {} : { content_parts: others }),
  }
}

/** A text, or a list of text parts. */
function thinkingOf(thinking: unknown): string {
  if (!Array.isArray(thinking)) return textOf(thinking)
  return thinking.map((part: unknown) => (isObject(part) ? textOf(part['text']) : textOf(part))).join('')
}
