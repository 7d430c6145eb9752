import type { JsonObject } from '../../lib/json.ts'

/** What an answer, or a line of one, brings. */
export interface Said {
  readonly text: string
  readonly thinking: string
  readonly calls: readonly JsonObject[]
}

/** Where an operation puts what the model said. */
export type AnswerShape = (said: Said) => JsonObject

/** `/api/chat`. */
export const messageShape: AnswerShape = (said) => ({ message: { role: 'assistant', content: said.text, ...besideText(said) } })

/** `/api/generate`. */
export const responseShape: AnswerShape = (said) => ({ response: said.text, ...besideText(said) })

function besideText({ thinking, calls }: Said): JsonObject {
  return { ...(thinking === '' ? {} : { thinking }), ...(calls.length === 0 ? {} : { tool_calls: calls }) }
}
