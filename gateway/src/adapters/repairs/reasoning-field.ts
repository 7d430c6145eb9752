import type { ReasoningField } from '@jairouter/contract/names'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { needleOf } from '../../lib/json-needle.ts'
import { messageRepair, textOf, type Repair } from './repair.ts'

type Chosen = Exclude<ReasoningField, 'as-is'>

const CONTENT = 'reasoning_content'
const PLAIN = 'reasoning'
const DETAILS = 'reasoning_details'
const BLOCKS = 'thinking_blocks'
/** Where each choice puts the text. */
const NAMES: Readonly<Record<Chosen, readonly string[]>> = {
  reasoning_content: [CONTENT],
  reasoning: [PLAIN],
  both: [CONTENT, PLAIN],
  none: [],
}
/** Each quoted whole: `reasoning_tokens` is none of them. */
const NEEDLES = [CONTENT, PLAIN, DETAILS, BLOCKS].map(needleOf)

/** Puts the reasoning, wherever the backend has it, where the clients look for it (backends.md 21.4). */
export function reasoningFieldRepair(field: Chosen): Repair {
  return messageRepair(
    (data) => NEEDLES.some((needle) => data.indexOf(needle) >= 0),
    (message) => withReasoningIn(field, message),
  )
}

/** `reasoning_details` and `thinking_blocks` are to be sent back unchanged, so that they stay unless there is to be no reasoning at all. */
function withReasoningIn(field: Chosen, message: JsonObject): JsonObject {
  const { [CONTENT]: content, [PLAIN]: plain, ...others } = message
  if (field === 'none') {
    const { [DETAILS]: _details, [BLOCKS]: _blocks, ...rest } = others
    return Object.keys(rest).length === Object.keys(message).length ? message : rest
  }
  const text = readReasoning(message)
  // Null and '' say that there could be some: that is told under the chosen names.
  const value = text ?? (content === undefined ? plain : content)
  if (value === undefined) return message
  const names = NAMES[field]
  const stands = [CONTENT, PLAIN].every((name) => message[name] === (names.includes(name) ? value : undefined))
  return stands ? message : { ...others, ...Object.fromEntries(names.map((name) => [name, value])) }
}

/** The first field that says something; some proxies send the same text in two. */
export function readReasoning(message: JsonObject): string | undefined {
  for (const name of [CONTENT, PLAIN]) {
    const text = textOf(message[name])
    if (text !== '') return text
  }
  const details = message[DETAILS]
  if (!Array.isArray(details)) return undefined
  const text = details
    .filter(isObject)
    .map((detail) => textOf(detail['text'] ?? detail['summary']))
    .join('')
  return text === '' ? undefined : text
}
