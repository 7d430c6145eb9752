import { usageOf } from '../../endpoints/usage.ts'
import { readArguments } from '../../lib/call-arguments.ts'
import { isObject, stringOf, type JsonObject } from '../../lib/json.ts'
import { onlyChoice, reasoningOf, refusalOf, textOf, thinkingBlocksOf, toolCallsOf, type ToolCallPart } from '../canonical/answer-parts.ts'
import { failedAnswer, senselessCall } from '../canonical/broken-answer.ts'
import { finishOf } from '../canonical/finish-reason.ts'
import type { DialectContext } from '../dialect.ts'
import { messageId, mintedToolId } from './ids.ts'
import { readEnding, toStop, UNTOLD } from './stop.ts'
import { PLACEHOLDER_SIGNATURE, thinkingView, type ThinkingView } from './thinking.ts'
import { toUsage } from './usage.ts'

/**
 * A chat completion -> a message: of its first choice, thinking, then text, then tool calls. Throws
 * `upstream_protocol_error` for an answer without a choice, and for a call whose arguments are no JSON object
 * though the answer was not cut off by its length: run without them, a tool could do more than the model meant;
 * `upstream_error` where the finish reason says that the model failed.
 */
export function fromCanonical(answer: JsonObject, context: DialectContext): JsonObject {
  const choice = onlyChoice(answer)
  const message = isObject(choice['message']) ? choice['message'] : {}
  const calls = toolCallsOf(message)
  const told = readEnding(choice, UNTOLD)
  const finish = finishOf(told.finishReason ?? '')
  if (finish === 'failed') throw failedAnswer()
  const refusal = refusalOf(message)
  return {
    id: messageId(context),
    type: 'message',
    role: 'assistant',
    model: context.model,
    content: [
      ...thinkingContent(message, thinkingView(context.fields)),
      ...textContent(textOf(message) + refusal),
      ...calls.map((call, index) => toolUse(call, { id: mintedToolId(context, index), cut: finish === 'length' })),
    ],
    ...toStop({ ...told, refusal, toolCalls: calls.length }, context.fields),
    usage: toUsage(usageOf(answer)),
  }
}

function thinkingContent(message: JsonObject, view: ThinkingView): JsonObject[] {
  if (view === 'none') return []
  const show = (text: string): string => (view === 'omitted' ? '' : text)
  const blocks = thinkingBlocksOf(message).flatMap((block): JsonObject[] => {
    const { type, data, thinking, signature } = block
    if (type === 'redacted_thinking') return [{ type, data: stringOf(data) }]
    if (type !== 'thinking') return []
    return [{ type, thinking: show(stringOf(thinking)), signature: stringOf(signature) || PLACEHOLDER_SIGNATURE }]
  })
  const reasoning = reasoningOf(message)
  if (blocks.length > 0 || reasoning === '') return blocks
  return [{ type: 'thinking', thinking: show(reasoning), signature: PLACEHOLDER_SIGNATURE }]
}

function textContent(text: string): JsonObject[] {
  return text === '' ? [] : [{ type: 'text', text }]
}

function toolUse(call: ToolCallPart, otherwise: { id: string; cut: boolean }): JsonObject {
  const input = readArguments(call.arguments) ?? (otherwise.cut ? {} : undefined)
  if (input === undefined || call.name === '') throw senselessCall()
  return { type: 'tool_use', id: call.id || otherwise.id, name: call.name, input }
}
