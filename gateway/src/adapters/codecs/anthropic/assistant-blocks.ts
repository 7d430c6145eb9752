import { readArguments } from '../../../lib/call-arguments.ts'
import { isObject, textOf, type JsonObject } from '../../../lib/json.ts'
import { readOptionalEntries, wrongField } from '../canonical/field-checks.ts'
import { CodecRefusal } from '../codec.ts'
import { textOnlyBlocks } from './content-blocks.ts'
import { replayedThinking } from './thinking-blocks.ts'
import { wireToolId } from './tool-id.ts'

/**
 * An assistant message as blocks, in the order that Anthropic writes them: thinking, text, tool calls.
 * `reasoning_content` has no signature and can't be sent back.
 */
export function assistantBlocks(message: JsonObject, param: string): JsonObject[] {
  if (isObject(message['function_call'])) throw new CodecRefusal(`${param}.function_call`, 'Use `tool_calls` in place of `function_call`')
  const text = textOnlyBlocks(message['content'], `${param}.content`)
  const said = text.length > 0 ? text : textOnlyBlocks(message['refusal'], `${param}.refusal`)
  return [...replayedThinking(message), ...said, ...readOptionalEntries(message['tool_calls'], `${param}.tool_calls`, toolUse)]
}

function toolUse(call: unknown, param: string): JsonObject {
  if (!isObject(call) || !isObject(call['function'])) throw new CodecRefusal(param, 'This backend takes calls of functions only')
  const { name, arguments: text } = call['function']
  if (textOf(name) === undefined) throw new CodecRefusal(`${param}.function.name`, 'A tool call needs the name of its function')
  const input = readArguments(text)
  if (input === undefined) throw wrongField(`${param}.function.arguments`, 'a JSON object in a string')
  return { type: 'tool_use', id: wireToolId(call['id'], `${param}.id`), name, input }
}
