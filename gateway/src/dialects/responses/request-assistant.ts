import { isAbsent, type JsonObject } from '../../lib/json.ts'
import { assistantMessage } from '../canonical/assistant-message.ts'
import { stringAt, type Placed } from '../canonical/field-checks.ts'
import { functionCall } from '../canonical/function-tool.ts'
import { openBlock } from './encrypted-content.ts'
import { extraContent } from './extra-content.ts'
import { readParts, typeOfItem } from './request-items.ts'
import { toText } from './request-parts.ts'

/**
 * Items that a model wrote, one after another -> the one message that they are in a chat completion, where a call must
 * stand in the message before its result. Undefined where nothing was said: reasoning alone, as of an answer that was
 * cut off, is no message that a backend takes. Reasoning that OpenAI's servers encrypted goes, since none but they can
 * read it.
 */
export function toAssistantMessage(items: readonly Placed[]): JsonObject | undefined {
  const said: Said = { texts: [], refusals: [], reasoning: [], thinking: [], calls: [], extra: {} }
  for (const item of items) take(said, item)
  const { texts, refusals, reasoning, thinking, calls } = said
  if (texts.length + refusals.length + calls.length === 0) return undefined
  const message = assistantMessage({
    text: texts.length === 0 ? undefined : texts.join('\n\n'),
    refusal: refusals.length === 0 ? undefined : refusals.join('\n\n'),
    reasoning: reasoning.join('\n\n'),
    thinking,
    calls,
  })
  return { ...message, ...said.extra }
}

interface Said {
  readonly texts: string[]
  readonly refusals: string[]
  readonly reasoning: string[]
  readonly thinking: JsonObject[]
  readonly calls: JsonObject[]
  extra: JsonObject
}

function take(said: Said, placed: Placed): void {
  const { value, path } = placed
  switch (typeOfItem(value)) {
    case 'reasoning':
      return takeReasoning(said, placed)
    case 'function_call':
      said.calls.push(toCall(value, path))
      return
    default:
      takeMessage(said, placed)
      said.extra = { ...said.extra, ...extraContent(value) }
  }
}

function takeMessage(said: Said, { value, path }: Placed): void {
  const parts = readParts(value['content'], `${path}.content`)
  const refusals = parts.filter((part) => part.value['type'] === 'refusal')
  const texts = parts.filter((part) => part.value['type'] !== 'refusal').map(toText)
  if (texts.length > 0 || refusals.length === 0) said.texts.push(texts.join(''))
  said.refusals.push(...refusals.map((part) => stringAt(part.value, 'refusal', part.path)))
}

function takeReasoning(said: Said, { value, path }: Placed): void {
  const block = openBlock(value['encrypted_content'])
  if (block !== undefined) said.thinking.push(block)
  const { thinking } = block ?? {}
  const text = partsText(value['content'], `${path}.content`, '') || partsText(value['summary'], `${path}.summary`, '\n\n')
  const all = text === '' && typeof thinking === 'string' ? thinking : text
  if (all !== '') said.reasoning.push(all)
}

function partsText(parts: unknown, path: string, between: string): string {
  if (isAbsent(parts)) return ''
  return readParts(parts, path)
    .map((part) => stringAt(part.value, 'text', part.path))
    .join(between)
}

function toCall(value: JsonObject, path: string): JsonObject {
  const call = functionCall(stringAt(value, 'call_id', path), stringAt(value, 'name', path), stringAt(value, 'arguments', path))
  return { ...call, ...extraContent(value) }
}
