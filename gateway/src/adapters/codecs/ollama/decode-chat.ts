import { isObject, stringOf, type JsonObject } from '../../../lib/json.ts'
import { answerMessage } from '../canonical/answer-message.ts'
import { chatLogprobs } from '../canonical/log-probabilities.ts'
import { CodecMismatch, type AnswerContext } from '../codec.ts'
import { ollamaHead } from './answer-head.ts'
import { toFinishReason } from './done-reason.ts'
import { readLogprobs } from './log-probabilities.ts'
import { toUsage } from './token-usage.ts'
import { createToolCallReader } from './tool-calls.ts'
import { toWholeAnswer } from './whole-answer.ts'

/** A whole answer of `/api/chat` -> a chat completion. Durations are not told. */
export function decodeChat(json: unknown, context: AnswerContext): JsonObject {
  const { answer, reason } = toWholeAnswer(json)
  const { text, thinking, calls } = readMessage(answer)
  const toolCalls = createToolCallReader(context).read(calls)
  return {
    ...ollamaHead(answer, context, 'whole'),
    choices: [
      {
        index: 0,
        message: answerMessage({ text, reasoning: thinking, calls: toolCalls }),
        logprobs: chatLogprobs(readLogprobs(answer)),
        finish_reason: toFinishReason(reason, toolCalls.length > 0),
      },
    ],
    usage: toUsage(answer),
  }
}

/** The message of an answer, or its piece in a line of a stream. */
export function readMessage({ message }: JsonObject): { readonly text: string; readonly thinking: string; readonly calls: unknown } {
  if (!isObject(message)) throw new CodecMismatch('An answer to a chat has no message')
  const { content, thinking, tool_calls: calls } = message
  return { text: stringOf(content), thinking: stringOf(thinking), calls }
}
