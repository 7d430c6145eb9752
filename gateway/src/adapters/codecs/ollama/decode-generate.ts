import { stringOf, type JsonObject } from '../../../lib/json.ts'
import { CodecMismatch, type AnswerContext } from '../codec.ts'
import { ollamaHead } from './answer-head.ts'
import { toFinishReason } from './done-reason.ts'
import { readLogprobs, toCompletionLogprobs } from './log-probabilities.ts'
import { toUsage } from './token-usage.ts'
import { toWholeAnswer } from './whole-answer.ts'

/**
 * A whole answer of `/api/generate` -> a completion. What the model thought stands beside the text as
 * `reasoning_content`, which OpenAI's completions don't have. `context` and durations are not told.
 */
export function decodeGenerate(json: unknown, context: AnswerContext): JsonObject {
  const { answer, reason } = toWholeAnswer(json)
  const { text, thinking } = readResponse(answer)
  return {
    ...ollamaHead(answer, context, 'whole'),
    choices: [
      {
        index: 0,
        text,
        ...(thinking === '' ? {} : { reasoning_content: thinking }),
        logprobs: toCompletionLogprobs(readLogprobs(answer), 0),
        finish_reason: toFinishReason(reason, false),
      },
    ],
    usage: toUsage(answer),
  }
}

/** The text of an answer, or its piece in a line of a stream. */
export function readResponse({ response, thinking }: JsonObject): { readonly text: string; readonly thinking: string } {
  if (typeof response !== 'string') throw new CodecMismatch('An answer to a completion has no text')
  return { text: response, thinking: stringOf(thinking) }
}
