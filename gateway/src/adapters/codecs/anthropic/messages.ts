import { isObject, type JsonObject } from '../../../lib/json.ts'
import { readEntries, wrongField } from '../canonical/field-checks.ts'
import { CodecRefusal } from '../codec.ts'
import { assistantBlocks } from './assistant-blocks.ts'
import { contentBlocks, textOnlyBlocks, withCacheControl } from './content-blocks.ts'
import { isThinking } from './thinking-blocks.ts'
import { wireToolId } from './tool-id.ts'

export interface WireMessage {
  readonly role: 'user' | 'assistant'
  readonly content: readonly JsonObject[]
}

export interface Conversation {
  readonly system: readonly JsonObject[]
  readonly messages: readonly WireMessage[]
}

/** A conversation must begin with the user: what stands there when it begins with the assistant, or has only a system message. */
const OPENING = '(The conversation begins.)'
/** What the newer models get in place of an end with the assistant's words, which they refuse. */
const CONTINUATION = 'Continue.'

/**
 * OpenAI's messages as Anthropic's. System and developer messages, wherever they stand, are gathered in `system` in
 * their order. Consecutive messages of one role become one, results of tools first in it. Participants' `name`s are dropped.
 */
export function encodeMessages(messages: unknown, prefill: boolean): Conversation {
  const system: JsonObject[] = []
  const merged: { readonly role: WireMessage['role']; content: JsonObject[] }[] = []
  for (const { role, blocks } of readEntries(messages, 'messages', { read: encodeMessage })) {
    const last = merged.at(-1)
    if (role === 'system') system.push(...blocks)
    else if (last?.role === role) last.content.push(...blocks)
    else if (blocks.length > 0) merged.push({ role, content: blocks })
  }
  return { system, messages: complete(merged.map(toolResultsFirst), prefill) }
}

interface EncodedMessage {
  readonly role: 'system' | WireMessage['role']
  readonly blocks: JsonObject[]
}

function encodeMessage(message: unknown, param: string): EncodedMessage {
  if (!isObject(message)) throw wrongField(param, 'an object')
  const { role, blocks } = encodeRole(message, param)
  // Anthropic takes no such mark on thinking.
  return { role, blocks: isThinking(blocks.at(-1)) ? blocks : withCacheControl(blocks, message) }
}

function encodeRole(message: JsonObject, param: string): EncodedMessage {
  switch (message['role']) {
    case 'system':
    case 'developer':
      return { role: 'system', blocks: textOnlyBlocks(message['content'], `${param}.content`) }
    case 'user':
      return { role: 'user', blocks: contentBlocks(message['content'], `${param}.content`) }
    case 'assistant':
      return { role: 'assistant', blocks: assistantBlocks(message, param) }
    case 'tool':
      return { role: 'user', blocks: [toolResult(message, param)] }
    default:
      throw new CodecRefusal(`${param}.role`, `Messages of role ${String(message['role'])} can't be sent to this backend`)
  }
}

/** `is_error` is no field of OpenAI's; clients that translate from Anthropic's dialect keep it. */
function toolResult(message: JsonObject, param: string): JsonObject {
  const content = contentBlocks(message['content'], `${param}.content`)
  return {
    type: 'tool_result',
    tool_use_id: wireToolId(message['tool_call_id'], `${param}.tool_call_id`),
    ...(content.length > 0 ? { content } : {}),
    ...(message['is_error'] === true ? { is_error: true } : {}),
  }
}

function toolResultsFirst(message: WireMessage): WireMessage {
  const results = message.content.filter((block) => block['type'] === 'tool_result')
  return { role: message.role, content: [...results, ...message.content.filter((block) => block['type'] !== 'tool_result')] }
}

function complete(messages: readonly WireMessage[], prefill: boolean): WireMessage[] {
  const opened = messages[0]?.role === 'user' ? [...messages] : [userText(OPENING), ...messages]
  const last = opened.at(-1)
  if (last?.role !== 'assistant') return opened
  if (!prefill) return [...opened, userText(CONTINUATION)]
  return [...opened.slice(0, -1), { role: last.role, content: withoutTrailingSpace(last.content) }]
}

function userText(text: string): WireMessage {
  return { role: 'user', content: [{ type: 'text', text }] }
}

/** Words that the model is to continue may not end with space. */
function withoutTrailingSpace(content: readonly JsonObject[]): JsonObject[] {
  const last = content.at(-1)
  if (typeof last?.['text'] !== 'string') return [...content]
  return [...content.slice(0, -1), { ...last, text: last['text'].trimEnd() }]
}

/**
 * Whether the conversation waits for the model in the middle of a tool loop whose last call came without thinking.
 * Models with a thinking budget refuse to think then.
 */
export function isToolLoopWithoutThinking(messages: readonly WireMessage[]): boolean {
  const [previous, last] = messages.slice(-2)
  return last?.content[0]?.['type'] === 'tool_result' && !isThinking(previous?.content[0])
}
