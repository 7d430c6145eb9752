import type { JsonObject } from '../../../endpoints/call.ts'
import type { AnswerContext } from '../codec.ts'

/** Ids are the gateway's, since Ollama gives none. `created` is when the backend says that it answered. */
export function answerHead(
  answer: JsonObject,
  context: AnswerContext,
  kind: { readonly prefix: string; readonly object: string },
): JsonObject {
  return { id: `${kind.prefix}-${context.id}`, object: kind.object, created: createdOf(answer, context), model: context.model }
}

/** Epoch seconds. Go's zero time, in year 1, says nothing. */
function createdOf({ created_at: time }: JsonObject, context: AnswerContext): number {
  const seconds = typeof time === 'string' ? Math.floor(Date.parse(time) / 1_000) : 0
  return seconds > 0 ? seconds : context.created
}
