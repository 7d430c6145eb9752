import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { CodecRefusal } from '../codec.ts'
import { givenOnly, isGiven } from './given.ts'

/**
 * OpenAI's messages → Cohere's. What Cohere's messages have no place for (`name`, cache marks, an answer's `refusal`
 * of null or its annotations) is left out, since it refuses unknown fields.
 */
export function encodeMessages(messages: unknown): readonly JsonObject[] {
  if (!Array.isArray(messages)) throw new CodecRefusal('messages', 'The field "messages" must be an array')
  return messages.map((message: unknown, at) => encodeMessage(message, `messages[${at}]`))
}

function encodeMessage(message: unknown, path: string): JsonObject {
  if (!isObject(message)) throw new CodecRefusal(path, `The field "${path}" must be an object`)
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
  if (!Array.isArray(content)) throw new CodecRefusal(`${path}.content`, `The field "${path}.content" must be a string or an array`)
  return content.map((part: unknown, at) => {
    const partPath = `${path}.content[${at}]`
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
  const calls = toCalls(message['tool_calls'], path)
  const reasoning = textOf(message['reasoning_content']) ?? textOf(message['reasoning'])
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

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function toCalls(calls: unknown, path: string): readonly JsonObject[] {
  if (!isGiven(calls)) return []
  if (!Array.isArray(calls)) throw new CodecRefusal(`${path}.tool_calls`, `The field "${path}.tool_calls" must be an array`)
  return calls.map((call: unknown, at) => toCall(call, `${path}.tool_calls[${at}]`))
}

function toCall(call: unknown, path: string): JsonObject {
  const called = isObject(call) ? call['function'] : undefined
  if (!isObject(call) || !isObject(called) || typeof call['id'] !== 'string' || typeof called['name'] !== 'string')
    throw new CodecRefusal(path, 'Cohere knows calls of functions only, with an "id" and a "name"')
  return {
    id: call['id'],
    type: 'function',
    function: { name: called['name'], arguments: toArguments(called['arguments'], `${path}.function.arguments`) },
  }
}

/** Cohere reads the arguments again: they must be the text of a JSON object. */
function toArguments(text: unknown, path: string): string {
  if (!isGiven(text)) return '{}'
  if (typeof text === 'string') {
    const trimmed = text.trim()
    if (trimmed === '' || trimmed === 'null') return '{}'
    if (isObject(parse(trimmed))) return text
  }
  throw new CodecRefusal(path, `The field "${path}" must be a JSON object in a string`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
