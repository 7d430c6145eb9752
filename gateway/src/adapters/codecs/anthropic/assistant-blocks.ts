import { isObject, type JsonObject } from '../../../endpoints/call.ts'
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
  return [...replayedThinking(message), ...said, ...toolUses(message['tool_calls'], `${param}.tool_calls`)]
}

function toolUses(calls: unknown, param: string): JsonObject[] {
  if (calls === null || calls === undefined) return []
  if (!Array.isArray(calls)) throw new CodecRefusal(param, 'The tool calls must be a list')
  return calls.map((call: unknown, index) => toolUse(call, `${param}[${index}]`))
}

function toolUse(call: unknown, param: string): JsonObject {
  if (!isObject(call) || !isObject(call['function'])) throw new CodecRefusal(param, 'This backend takes calls of functions only')
  const { name, arguments: text } = call['function']
  if (typeof name !== 'string' || name === '')
    throw new CodecRefusal(`${param}.function.name`, 'A tool call needs the name of its function')
  return {
    type: 'tool_use',
    id: wireToolId(call['id'], `${param}.id`),
    name,
    input: parseArguments(text, `${param}.function.arguments`),
  }
}

/** OpenAI has a text, Anthropic an object. Some backends write `null` or nothing for a call without arguments. */
function parseArguments(text: unknown, param: string): JsonObject {
  if (text === undefined || text === null || text === '') return {}
  const parsed = typeof text === 'string' ? parse(text) : text
  if (parsed === null) return {}
  if (!isObject(parsed)) throw new CodecRefusal(param, 'The arguments of a tool call must be a JSON object')
  return parsed
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
