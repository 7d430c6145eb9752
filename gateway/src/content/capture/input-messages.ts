import type { Call } from '../../endpoints/call.ts'
import { isObject, listOf, objectsIn, stringOf, type JsonObject } from '../../lib/json.ts'
import { textPart, type Message, type Part } from './message.ts'

/**
 * What a request says to the model. Of its fields those are read that hold texts for the model, and no other: whatever else
 * somebody sends along, as credentials for tools, is not kept.
 */
export function inputMessages(call: Call): readonly Message[] {
  if (call.kind === 'upload') return [user([...filePart(), ...textsOf(call.upload.fields.get('prompt'))])]
  const { fields } = call
  const messages = objectsIn(fields['messages']).map(messageOf)
  const texts = ['prompt', 'input', 'query', 'instructions'].flatMap((name) => textsOf(fields[name]))
  const documents = listOf(fields['documents']).flatMap((document) => textsOf(isObject(document) ? document['text'] : document))
  const own = [...texts, ...documents]
  return own.length === 0 ? messages : [...messages, user(own)]
}

function user(parts: readonly Part[]): Message {
  return { role: 'user', parts }
}

function filePart(): readonly Part[] {
  return [{ type: 'file' }]
}

function textsOf(value: unknown): readonly Part[] {
  if (typeof value === 'string') return value === '' ? [] : [textPart(value)]
  // Lists of tokens say nothing that could be read.
  return listOf(value).flatMap((one) => (typeof one === 'string' ? [textPart(one)] : isObject(one) ? contentParts(one) : []))
}

/** One of a chat's messages, of a request or of an answer. */
export function messageOf(message: JsonObject): Message {
  const { role, content, name } = message
  const isTool = role === 'tool' || role === 'function'
  const said = typeof content === 'string' ? (content === '' ? [] : [textPart(content)]) : objectsIn(content).flatMap(contentParts)
  const texts = isTool ? said.map((part) => ({ ...part, type: 'tool_call_response', ...(typeof name === 'string' ? { name } : {}) })) : said
  const reasoning = stringOf(message['reasoning_content']) || stringOf(message['reasoning'])
  const calls = [...objectsIn(message['tool_calls']).map(({ function: called }) => called), message['function_call']]
  return {
    role: stringOf(role) || 'user',
    parts: [...(reasoning === '' ? [] : [textPart(reasoning, 'reasoning')]), ...texts, ...calls.flatMap(callPart)],
  }
}

function contentParts(part: JsonObject): readonly Part[] {
  const type = stringOf(part['type'])
  const text = part['text'] ?? part['refusal'] ?? part['thinking']
  if (typeof text === 'string') return [textPart(text, type === 'thinking' ? 'reasoning' : 'text')]
  if (Array.isArray(part['content'])) return objectsIn(part['content']).flatMap(contentParts)
  if (typeof part['content'] === 'string') return [textPart(part['content'])]
  if (type === 'tool_use') return callPart({ name: part['name'], arguments: part['input'] })
  return type === '' ? [] : [{ type: kindOf(type) }]
}

/** `image_url`, `input_image` -> `image`. */
function kindOf(type: string): string {
  return ['image', 'audio', 'video', 'file', 'document'].find((kind) => type.includes(kind)) ?? 'other'
}

function callPart(called: unknown): readonly Part[] {
  if (!isObject(called)) return []
  const { name, arguments: given } = called
  const content = typeof given === 'string' ? given : given === undefined ? '' : JSON.stringify(given)
  return [{ type: 'tool_call', name: stringOf(name), content }]
}
