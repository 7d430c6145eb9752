import type { JsonObject } from '../../../lib/json.ts'

export interface AnswerSaid {
  /** Undefined where no text came. */
  readonly text: string | undefined
  /** Where the model declined. */
  readonly refusal?: string | null
  readonly reasoning: string
  readonly calls: readonly JsonObject[]
}

/** The message of a whole answer. Its content is null where no text came, and where an empty one stands beside calls. */
export function answerMessage({ text, refusal = null, reasoning, calls }: AnswerSaid): JsonObject {
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : (text ?? null),
    refusal,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
}
