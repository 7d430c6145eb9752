import { isAbsent, isObject, type JsonObject } from '../../../lib/json.ts'
import { readReasoning } from '../canonical/assistant-reasoning.ts'
import { extrasOf } from '../canonical/extra-fields.ts'
import { readEntries, wrongField } from '../canonical/field-checks.ts'
import { CodecRefusal } from '../codec.ts'
import { encodeContent } from './message-content.ts'
import { encodeToolCalls, toolNamesById } from './message-tool-calls.ts'

const ROLES: ReadonlyMap<unknown, 'system' | 'user' | 'assistant' | 'tool'> = new Map<unknown, 'system' | 'user' | 'assistant' | 'tool'>([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
  ['tool', 'tool'],
  ['function', 'tool'],
])

/** Translated, or without a place in Ollama's messages: `name`, marks of the answer that a message once was. */
const KNOWN: ReadonlySet<string> = new Set([
  'role',
  'content',
  'name',
  'refusal',
  'audio',
  'annotations',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'tool_calls',
  'function_call',
  'tool_call_id',
])

/**
 * OpenAI's messages -> Ollama's. A speaker's `name` is dropped, but on the result of a function, where it is the
 * function's. Members that are Ollama's own (`thinking`, `tool_name`) or unknown go as they came.
 */
export function encodeMessages(messages: unknown): readonly JsonObject[] {
  const names = toolNamesById(messages)
  return readEntries(messages, 'messages', { read: (message, path) => encodeMessage(message, path, names) })
}

function encodeMessage(message: unknown, path: string, names: ReadonlyMap<unknown, string>): JsonObject {
  if (!isObject(message)) throw wrongField(path, 'an object')
  const role = ROLES.get(message['role'])
  if (role === undefined) throw wrongField(`${path}.role`, 'system, developer, user, assistant, tool or function')
  if (!isAbsent(message['audio'])) throw new CodecRefusal(`${path}.audio`, 'Ollama keeps no sounds of earlier answers')
  const { text, images } = encodeContent(contentOf(message, role), `${path}.content`)
  return {
    ...extrasOf(message, KNOWN),
    role,
    content: text,
    ...(images.length === 0 ? {} : { images }),
    ...(role === 'assistant' ? encodeAnswer(message, path) : {}),
    ...(role === 'tool' ? encodeResult(message, names) : {}),
  }
}

/** An answer of tool calls alone has no content, a refused one tells it apart. */
function contentOf({ content, refusal }: JsonObject, role: string): unknown {
  if (role !== 'assistant' || !isAbsent(content)) return content
  return !isAbsent(refusal) ? refusal : ''
}

function encodeAnswer(message: JsonObject, path: string): JsonObject {
  const thinking = readReasoning(message)
  const calls = encodeToolCalls(message, path)
  return { ...(thinking === undefined ? {} : { thinking }), ...(calls.length === 0 ? {} : { tool_calls: calls }) }
}

/** Templates write a result's name; OpenAI's clients send the id of the call only. */
function encodeResult({ tool_call_id: id, name }: JsonObject, names: ReadonlyMap<unknown, string>): JsonObject {
  const toolName = names.get(id) ?? name
  return { ...(!isAbsent(id) ? { tool_call_id: id } : {}), ...(!isAbsent(toolName) ? { tool_name: toolName } : {}) }
}
