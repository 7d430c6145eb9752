import { readArguments } from '../../../lib/call-arguments.ts'
import { givenOnly, isObject, listOf, objectsIn, stringOf, type JsonObject } from '../../../lib/json.ts'
import { answerHead } from '../canonical/answer-head.ts'
import { answerMessage } from '../canonical/answer-message.ts'
import { callId, readFunctionCall, toFunctionCall } from '../canonical/function-call.ts'
import { CodecFailure, CodecMismatch, type AnswerContext } from '../codec.ts'
import { errorIn } from './error-in-answer.ts'
import { failureOf, toFinishReason } from './finish-reason.ts'
import { toLogprobs } from './log-probabilities.ts'
import { toChatUsage } from './token-usage.ts'

/** A whole answer of `/v2/chat` -> a chat completion. Citations stay in Cohere's own form, beside the text, as `message.citations`. */
export function decodeChat(answer: unknown, context: AnswerContext): JsonObject {
  const error = errorIn(answer)
  if (error !== undefined) throw new CodecFailure(error)
  const { message, finish_reason: reason, usage, logprobs } = isObject(answer) ? answer : {}
  if (!isObject(message)) throw new CodecMismatch('An answer to a chat has no message')
  const failure = failureOf(reason, undefined)
  if (failure !== undefined) throw new CodecFailure(failure)
  if (typeof reason !== 'string') throw new CodecMismatch('An answer to a chat has no reason for its end')
  const calls = toolCallsOf(message['tool_calls'], context)
  return givenOnly({
    ...answerHead(context, 'whole'),
    choices: [
      {
        index: 0,
        message: toMessage(message, calls),
        logprobs: toLogprobs(listOf(logprobs)),
        finish_reason: toFinishReason(reason, calls.length > 0),
      },
    ],
    usage: toChatUsage(usage),
  })
}

function toMessage(message: JsonObject, calls: readonly JsonObject[]): JsonObject {
  const content = message['content']
  const parts: readonly unknown[] = Array.isArray(content) ? content : [{ text: content }]
  const text = joined(parts, 'text')
  const reasoning = joined(parts, 'thinking') + stringOf(message['tool_plan'])
  const citations = listOf(message['citations'])
  return { ...answerMessage({ text, reasoning, calls }), ...(citations.length > 0 ? { citations } : {}) }
}

function joined(parts: readonly unknown[], kind: 'text' | 'thinking'): string {
  return objectsIn(parts)
    .map((part) => stringOf(part[kind]))
    .join('')
}

function toolCallsOf(calls: unknown, context: AnswerContext): readonly JsonObject[] {
  return listOf(calls).map((call, at) => {
    const read = readFunctionCall(call)
    if (read === undefined) throw new CodecMismatch('A tool call has no function')
    return toFunctionCall(callId(read.id, at, context), read.name, wholeArguments(read.arguments))
  })
}

/** Clients parse what they get into an object: what stands for no arguments is an empty one. A text goes as it came. */
function wholeArguments(text: unknown): string {
  const value = readArguments(text)
  if (typeof text === 'string' && (value === undefined || Object.keys(value).length > 0)) return text
  return JSON.stringify(value ?? {})
}
