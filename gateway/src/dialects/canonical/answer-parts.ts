import { GatewayError } from '../../errors/gateway-error.ts'
import { isObject, objectsIn, stringOf, type JsonObject } from '../../lib/json.ts'

/** Reads messages and deltas of every backend that claims OpenAI's form (backends.md 21.2, 21.4); absent is ''. */

/** The one choice that was asked for; undefined in a chunk that has none. */
export function firstChoice(answer: JsonObject): JsonObject | undefined {
  return objectsIn(answer['choices']).find((choice) => (choice['index'] ?? 0) === 0)
}

/** Of a whole answer. Throws `upstream_protocol_error` for one without a choice. */
export function onlyChoice(answer: JsonObject): JsonObject {
  const choice = firstChoice(answer)
  if (choice === undefined) throw new GatewayError('upstream_protocol_error', "The model's answer has no content")
  return choice
}

export function textOf(message: JsonObject): string {
  const { content } = message
  if (typeof content === 'string') return content
  return objectsIn(content)
    .filter((part) => part['type'] === 'text')
    .map((part) => stringOf(part['text']))
    .join('')
}

/** Of several fields the first that says something: some servers say the same in two. */
export function reasoningOf(message: JsonObject): string {
  return (
    stringOf(message['reasoning_content']) ||
    stringOf(message['reasoning']) ||
    objectsIn(message['reasoning_details'])
      .map((detail) => stringOf(detail['text']) || stringOf(detail['summary']))
      .join('') ||
    objectsIn(message['content'])
      .filter((part) => part['type'] === 'thinking')
      .map((part) => stringOf(part['thinking']) || textOf({ content: part['thinking'] }))
      .join('')
  )
}

/** Anthropic's own blocks, signed or redacted, which a codec or another gateway keeps beside the reasoning. */
export function thinkingBlocksOf(message: JsonObject): readonly JsonObject[] {
  return objectsIn(message['thinking_blocks'])
}

export function refusalOf(message: JsonObject): string {
  return stringOf(message['refusal'])
}

export interface ToolCallPart {
  readonly index: number | undefined
  readonly id: string
  readonly name: string
  readonly arguments: string
}

/** Also the `function_call` from before there were tools. */
export function toolCallsOf(message: JsonObject): ToolCallPart[] {
  const { function_call: single } = message
  const calls = objectsIn(message['tool_calls'])
  return (calls.length === 0 && isObject(single) ? [{ index: 0, function: single }] : calls).map(toolCallPart)
}

function toolCallPart(call: JsonObject): ToolCallPart {
  const called = isObject(call['function']) ? call['function'] : {}
  const { index } = call
  return {
    index: typeof index === 'number' ? index : undefined,
    id: stringOf(call['id']),
    name: stringOf(called['name']),
    arguments: argumentsOf(called['arguments']),
  }
}

/** Some servers send the object itself. */
function argumentsOf(value: unknown): string {
  return isObject(value) ? JSON.stringify(value) : stringOf(value)
}
