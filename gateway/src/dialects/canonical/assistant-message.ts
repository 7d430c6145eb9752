import type { JsonObject } from '../../lib/json.ts'

export interface AssistantSaid {
  /** Undefined where nothing was said: the content is then null. */
  readonly text: string | undefined
  readonly refusal?: string | undefined
  readonly reasoning: string
  /** Blocks that a server which signs its thinking wants back unchanged. */
  readonly thinking?: readonly JsonObject[]
  readonly calls: readonly JsonObject[]
}

/** An earlier answer, as a message of a chat completion. */
export function assistantMessage({ text, refusal, reasoning, thinking = [], calls }: AssistantSaid): JsonObject {
  return {
    role: 'assistant',
    content: text ?? null,
    ...(refusal === undefined ? {} : { refusal }),
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(thinking.length === 0 ? {} : { thinking_blocks: thinking }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
}

/** A message that only calls has no content; one of which nothing is left an empty text. */
export function textBesideCalls(text: string, calls: readonly JsonObject[]): string | undefined {
  return text === '' && calls.length > 0 ? undefined : text
}
