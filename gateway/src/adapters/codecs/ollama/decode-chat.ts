import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { CodecMismatch, type AnswerContext } from '../codec.ts'
import { answerHead } from './answer-head.ts'
import { toFinishReason } from './done-reason.ts'
import { readLogprobs, toChatLogprobs } from './log-probabilities.ts'
import { toUsage } from './token-usage.ts'
import { createToolCallReader, type ToolCall } from './tool-calls.ts'
import { toWholeAnswer } from './whole-answer.ts'

/** A whole answer of `/api/chat` → a chat completion. Durations are not told. */
export function decodeChat(json: unknown, context: AnswerContext): JsonObject {
  const { answer, reason } = toWholeAnswer(json)
  const { text, thinking, calls } = readMessage(answer)
  const toolCalls = createToolCallReader(context).read(calls)
  return {
    ...answerHead(answer, context, { prefix: 'chatcmpl', object: 'chat.completion' }),
    choices: [
      {
        index: 0,
        message: toMessage(text, thinking, toolCalls),
        logprobs: toChatLogprobs(readLogprobs(answer)),
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
  return { text: typeof content === 'string' ? content : '', thinking: typeof thinking === 'string' ? thinking : '', calls }
}

function toMessage(text: string, thinking: string, calls: readonly ToolCall[]): JsonObject {
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    refusal: null,
    ...(thinking === '' ? {} : { reasoning_content: thinking }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
}
