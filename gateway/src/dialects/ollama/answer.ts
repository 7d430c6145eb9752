import { readUsage } from '../../endpoints/usage.ts'
import { isoTime } from '../../lib/iso-time.ts'
import { stringOf, type JsonObject } from '../../lib/json.ts'
import { onlyChoice, toolCallsOf } from '../canonical/answer-parts.ts'
import { failedAnswer, senselessCall } from '../canonical/broken-answer.ts'
import type { DialectContext } from '../dialect.ts'
import { logprobsField } from './answer-logprobs.ts'
import type { AnswerShape } from './answer-shape.ts'
import { toToolCalls } from './answer-tool-calls.ts'
import { messageIn, spokenIn } from './choice-content.ts'
import { toDoneReason } from './done-reason.ts'
import { metricsOf } from './metrics.ts'

/**
 * A chat completion or a completion -> the whole answer of a request with `stream: false`, of its first choice. All of
 * its time counts as generating, since nothing tells when it began. Throws `upstream_protocol_error` for an answer
 * without a choice and for a call that makes no sense, `upstream_error` where the finish reason says that it failed.
 */
export function toAnswer(answer: JsonObject, context: DialectContext, shape: AnswerShape): JsonObject {
  const { fields, model, id, createdMs } = context
  const choice = onlyChoice(answer)
  const doneReason = toDoneReason(stringOf(choice['finish_reason']))
  if (doneReason === undefined) throw failedAnswer()
  const message = messageIn(choice)
  const calls = toToolCalls(toolCallsOf(message), { cut: doneReason === 'length', id })
  if (calls === undefined) throw senselessCall()
  const nowMs = context.now()
  return {
    model,
    created_at: isoTime(nowMs),
    ...shape({ ...spokenIn(message, fields), calls }),
    done: true,
    done_reason: doneReason,
    ...logprobsField(choice, fields),
    ...metricsOf({ askedMs: createdMs, firstMs: createdMs, endedMs: nowMs }, readUsage(answer)),
  }
}
