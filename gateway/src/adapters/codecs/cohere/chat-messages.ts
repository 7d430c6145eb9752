import { readArguments } from '../../../lib/call-arguments.ts'
import { givenOnly, isAbsent, isObject, textOf, type JsonObject } from '../../../lib/json.ts'
import { readReasoning } from '../canonical/assistant-reasoning.ts'
import { readContentParts, readEntries, readOptionalEntries, wrongField } from '../canonical/field-checks.ts'
import { readFunctionCall, toFunctionCall } from '../canonical/function-call.ts'
import { CodecRefusal } from '../codec.ts'

/**
 * OpenAI's messages -> Cohere's. What Cohere's messages have no place for (`name`, cache marks, an answer's `refusal`
 * of null or its annotations) is left out, since it refuses unknown fields.
 */
export function encodeMessages(messages: unknown): readonly JsonObject[] {
  return readEntries(messages, 'messages', { read: encodeMessage })
}

function encodeMessage(message: unknown, path: string): JsonObject {
  if (!isObject(message)) throw wrongField(path, 'an object')
  switch (message['role']) {
    case 'system':
    case 'developer':
      return { role: 'system', content: toContent(message['content'], path, [toTextPart]) }
    case 'user':
      return { role: 'user', content: toContent(message['content'], path, [toTextPart, toImagePart]) }
    case 'assistant':
      return encodeAssistant(message, path)
    case 'tool':
      return encodeToolResult(message, path)
    default:
      throw new CodecRefusal(`${path}.role`, 'Cohere knows the roles system, developer, user, assistant and tool')
  }
}

/** Text and images one after the other, each tried in the given order; undefined: not one of its kind. */
type ToPart = (part: JsonObject, path: string) => JsonObject | undefined

function toContent(content: unknown, path: string, kinds: readonly ToPart[]): string | readonly JsonObject[] {
  if (typeof content === 'string') return content
  return readContentParts(content, `${path}.content`, (part, partPath) => {
    for (const toPart of isObject(part) ? kinds : []) {
      const wire = isObject(part) ? toPart(part, partPath) : undefined
      if (wire !== undefined) return wire
    }
    throw new CodecRefusal(partPath, `Cohere can't read this kind of content in a message of this role`)
  })
}

const toTextPart: ToPart = ({ type, text }) => (type === 'text' && typeof text === 'string' ? { type: 'text', text } : undefined)

/** The address of an image goes as it is: Cohere reads data URLs and fetches others itself. */
const toImagePart: ToPart = ({ type, image_url: image }, path) => {
  if (type !== 'image_url') return undefined
  const { url, detail } = isObject(image) ? image : { url: image }
  if (typeof url !== 'string') throw new CodecRefusal(`${path}.image_url.url`, 'An image must have a "url"')
  return { type: 'image_url', image_url: givenOnly({ url, detail }) }
}

const toDocumentPart: ToPart = ({ type, document }) => (type === 'document' && isObject(document) ? { type, document } : undefined)

const toThinkingPart: ToPart = ({ type, thinking }) =>
  type === 'thinking' && typeof thinking === 'string' ? { type: 'thinking', thinking } : undefined

const toRefusalPart: ToPart = ({ type, refusal }) =>
  type === 'refusal' && typeof refusal === 'string' ? { type: 'text', text: refusal } : undefined

function encodeToolResult(message: JsonObject, path: string): JsonObject {
  const id = message['tool_call_id']
  if (typeof id !== 'string') throw new CodecRefusal(`${path}.tool_call_id`, 'A tool message must have a "tool_call_id"')
  return { role: 'tool', tool_call_id: id, content: toContent(message['content'], path, [toTextPart, toDocumentPart]) }
}

/** Reasoning is replayed where it came from: before tool calls it was their plan, before a text the thinking of it. */
function encodeAssistant(message: JsonObject, path: string): JsonObject {
  const calls = readOptionalEntries(message['tool_calls'], `${path}.tool_calls`, toCall)
  const reasoning = readReasoning(message)
  const ownPlan = textOf(message['tool_plan'])
  const plan = ownPlan ?? (calls.length > 0 ? reasoning : undefined)
  const thinking = ownPlan === undefined && calls.length > 0 ? undefined : reasoning
  const said = message['content'] ?? message['refusal'] ?? ''
  const content = toContent(said, path, [toTextPart, toThinkingPart, toRefusalPart])
  const withThinking = thinking === undefined ? content : [{ type: 'thinking', thinking }, ...partsOf(content)]
  return {
    role: 'assistant',
    ...(withThinking.length > 0 || calls.length === 0 ? { content: withThinking } : {}),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    ...givenOnly({ tool_plan: plan, citations: message['citations'] }),
  }
}

function partsOf(content: string | readonly JsonObject[]): readonly JsonObject[] {
  if (typeof content !== 'string') return content
  return content === '' ? [] : [{ type: 'text', text: content }]
}

function toCall(call: unknown, path: string): JsonObject {
  const { id, name, arguments: text } = readFunctionCall(call) ?? {}
  if (typeof id !== 'string' || name === undefined)
    throw new CodecRefusal(path, 'Cohere knows calls of functions only, with an "id" and a "name"')
  return toFunctionCall(id, name, toArguments(text, `${path}.function.arguments`))
}

/** Cohere reads the text again: it goes as it was written, but for what stands for no arguments. */
function toArguments(text: unknown, path: string): string {
  const value = isAbsent(text) || typeof text === 'string' ? readArguments(text) : undefined
  if (value === undefined) throw wrongField(path, 'a JSON object in a string')
  return typeof text === 'string' && Object.keys(value).length > 0 ? text : '{}'
}
