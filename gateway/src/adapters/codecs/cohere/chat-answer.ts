import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { CodecFailure, CodecMismatch, type AnswerContext } from '../codec.ts'
import { errorIn } from './error-in-answer.ts'
import { failureOf, toFinishReason } from './finish-reason.ts'
import { givenOnly } from './given.ts'
import { toLogprobs } from './log-probabilities.ts'
import { toChatUsage } from './token-usage.ts'

/** A whole answer of `/v2/chat` → a chat completion. Citations stay in Cohere's own form, beside the text, as `message.citations`. */
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
    id: `chatcmpl-${context.id}`,
    object: 'chat.completion',
    created: context.created,
    model: context.model,
    choices: [
      {
        index: 0,
        message: toMessage(message, calls),
        logprobs: (Array.isArray(logprobs) ? toLogprobs(logprobs) : undefined) ?? null,
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
  const plan = typeof message['tool_plan'] === 'string' ? message['tool_plan'] : ''
  const reasoning = joined(parts, 'thinking') + plan
  const citations = message['citations']
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(Array.isArray(citations) && citations.length > 0 ? { citations } : {}),
  }
}

function joined(parts: readonly unknown[], kind: 'text' | 'thinking'): string {
  return parts.map((part) => (isObject(part) && typeof part[kind] === 'string' ? part[kind] : '')).join('')
}

function toolCallsOf(calls: unknown, context: AnswerContext): readonly JsonObject[] {
  if (!Array.isArray(calls)) return []
  return calls.map((call: unknown, at) => {
    const { id, function: called } = isObject(call) ? call : {}
    if (!isObject(called) || typeof called['name'] !== 'string') throw new CodecMismatch('A tool call has no function')
    return {
      id: typeof id === 'string' && id !== '' ? id : toolCallId(context, at),
      type: 'function',
      function: { name: called['name'], arguments: wholeArguments(called['arguments']) },
    }
  })
}

/** The id of a call to which the backend gave none. */
export function toolCallId(context: AnswerContext, at: number): string {
  return `call_${context.id}-${at}`
}

/** A call without arguments says `null` as a string, or nothing at all; clients parse what they get into an object. */
function wholeArguments(text: unknown): string {
  if (isObject(text)) return JSON.stringify(text)
  return typeof text === 'string' && text.trim() !== '' && text.trim() !== 'null' ? text : '{}'
}
