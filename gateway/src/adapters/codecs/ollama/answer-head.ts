import type { JsonObject } from '../../../lib/json.ts'
import { answerHead } from '../canonical/answer-head.ts'
import type { AnswerContext } from '../codec.ts'

/** Ids are the gateway's, since Ollama gives none. `created` is when the backend says that it answered. */
export function ollamaHead(answer: JsonObject, context: AnswerContext, form: 'whole' | 'chunk'): JsonObject {
  return answerHead(context, form, { created: createdOf(answer) })
}

/** Epoch seconds. Go's zero time, in year 1, says nothing. */
function createdOf({ created_at: time }: JsonObject): number | undefined {
  const seconds = typeof time === 'string' ? Math.floor(Date.parse(time) / 1_000) : 0
  return seconds > 0 ? seconds : undefined
}
