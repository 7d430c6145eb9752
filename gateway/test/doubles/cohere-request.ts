import { isObject, type JsonObject } from '../../src/lib/json.ts'
import type { Turn, Understood } from './double.ts'
import { toolsOf, turnOf } from './openai-request.ts'
import { joined, numberOf, objectOf, objectsOf, optionalObject, parseObject, stringsOf, textOf, textOfParts } from './reading.ts'
import { demand, isCount, isOptional, isStrings, isText, isWithin, strangerIn } from './refused.ts'

const KNOWN = (
  'model messages tools tool_choice response_format temperature p k max_tokens stop_sequences seed stream thinking ' +
  'frequency_penalty presence_penalty strict_tools logprobs documents citation_options safety_mode priority raw_prompting'
).split(' ')

export function checkCohere(body: JsonObject, lenient: boolean): void {
  const stranger = lenient ? undefined : strangerIn(body, KNOWN)
  demand(stranger === undefined, `unknown field: parameter '${stranger}' is not a valid field`)
  demand(isText(body['model']), "missing required field: parameter 'model' is required")
  demand(isOptional(body['stream'], 'boolean'), "invalid type: parameter 'stream' is of type string but should be of type bool")
  const { max_tokens: maximum, p, stop_sequences: stops, tool_choice: choice, thinking } = body
  demand(maximum === undefined || isCount(maximum), 'invalid request: max_tokens must be 1 or more')
  demand(isOptional(body['temperature'], 'number'), 'invalid request: temperature must be a number')
  demand(p === undefined || isWithin(p, 0, 1), 'invalid request: p must be from 0 to 1')
  demand(
    stops === undefined || (isStrings(stops) && stringsOf(stops).length <= 5),
    'invalid request: stop_sequences must be at most 5 strings',
  )
  demand(choice === undefined || choice === 'REQUIRED' || choice === 'NONE', 'invalid request: tool_choice must be REQUIRED or NONE')
  demand(choice === undefined || objectsOf(body['tools']).length > 0, 'invalid request: tool_choice needs tools')
  const isKnown = thinking === undefined || ['enabled', 'disabled'].includes(textOf(objectOf(thinking)['type']))
  demand(isKnown, 'invalid request: thinking.type must be enabled or disabled')
  checkFormat(body['response_format'])
  for (const tool of objectsOf(body['tools'])) {
    const { name, parameters, ...rest } = objectOf(tool['function'])
    demand(tool['type'] === 'function' && isText(name), 'invalid request: each tool must be a function with a name')
    demand(isObject(parameters), 'invalid request: tool parameters must be an object')
    demand(
      strangerIn(rest, ['description']) === undefined,
      `unknown field: parameter 'tools.function.${Object.keys(rest).join()}' is not a valid field`,
    )
  }
  const { messages } = body
  demand(Array.isArray(messages) && messages.length > 0, "missing required field: parameter 'messages' is required")
  checkMessages(objectsOf(messages))
}

function checkFormat(format: unknown): void {
  if (format === undefined) return
  const { type, json_schema: schema, ...rest } = objectOf(format)
  demand(type === 'text' || type === 'json_object', 'invalid request: response_format.type must be text or json_object')
  demand(schema === undefined || (type === 'json_object' && isObject(schema)), 'invalid request: json_schema must be an object')
  demand(strangerIn(rest, ['schema']) === undefined, 'unknown field in response_format')
}

function checkMessages(messages: readonly JsonObject[]): void {
  let open: readonly string[] = []
  for (const [index, message] of messages.entries()) {
    const { role, content, tool_call_id: answered } = message
    const at = `message at index ${index}`
    demand(['system', 'user', 'assistant', 'tool'].includes(textOf(role)), `invalid request: ${at} has an unknown role`)
    if (role === 'tool') {
      demand(
        open.includes(textOf(answered)),
        `invalid request: cannot find tool_call_id ${textOf(answered)} of the ${at} in previous tool calls`,
      )
      open = open.filter((id) => id !== answered)
    } else demand(open.length === 0, `invalid request: the tool calls before the ${at} have no tool results`)
    const calls = objectsOf(message['tool_calls'])
    if (role === 'assistant') open = calls.map((call) => checkCall(call, at))
    checkContent(content, `${textOf(role)} ${at}`, role === 'assistant' && (calls.length > 0 || isText(message['tool_plan'])))
  }
  demand(open.length === 0, 'invalid request: the last tool calls have no tool results')
}

function checkCall(call: JsonObject, at: string): string {
  const { name, arguments: value } = objectOf(call['function'])
  demand(
    isText(call['id']) && call['type'] === 'function' && isText(name),
    `invalid request: ${at} has a tool call without id, type or name`,
  )
  const sound = value === 'null' || (typeof value === 'string' && parseObject(value) !== undefined)
  demand(sound, `invalid request: ${at} has tool call arguments that are no JSON object in a string`)
  return textOf(call['id'])
}

const PARTS: Readonly<Record<string, readonly string[]>> = {
  user: ['text', 'image_url'],
  assistant: ['text', 'thinking'],
  tool: ['text', 'document'],
}

function checkContent(content: unknown, at: string, optional: boolean): void {
  if (content === undefined && optional) return
  if (typeof content === 'string') return demand(content !== '' || optional, `invalid request: ${at} must have content`)
  demand(Array.isArray(content) && (content.length > 0 || optional), `invalid request: ${at} must have content`)
  for (const part of objectsOf(content)) {
    const allowed = PARTS[at.split(' ')[0] ?? ''] ?? ['text']
    demand(allowed.includes(textOf(part['type'])), `invalid request: ${at} has content of an unknown type`)
    if (part['type'] !== 'image_url') continue
    const url = textOf(objectOf(part['image_url'])['url'])
    demand(/^https?:\/\/|^data:image\/[\w+-]+;base64,[A-Za-z0-9+/]+={0,2}$/.test(url), `invalid request: ${at} has an image that is no URL`)
  }
}

export function understandCohere(_path: string, body: JsonObject): Understood {
  const messages = objectsOf(body['messages'])
  const { type } = objectOf(body['thinking'])
  const choice = body['tool_choice']
  const { json_schema: schema, schema: older } = objectOf(body['response_format'])
  return {
    model: textOf(body['model']),
    stream: body['stream'] === true,
    system: joined(messages.filter(({ role }) => role === 'system').map(({ content }) => textOfParts(content))),
    turns: messages.filter(({ role }) => role !== 'system').map(cohereTurn),
    tools: toolsOf(body['tools']),
    // One tool of many can't be named: a request for it looks like REQUIRED with that tool alone.
    toolChoice: choice === 'REQUIRED' ? 'required' : choice === 'NONE' ? 'none' : undefined,
    maximumTokens: numberOf(body['max_tokens']),
    temperature: numberOf(body['temperature']),
    topP: numberOf(body['p']),
    stop: stringsOf(body['stop_sequences']),
    schema: optionalObject(schema ?? older),
    thinking: type === undefined ? undefined : type === 'enabled',
  }
}

/** As in OpenAI's messages, but a tool may answer with documents. */
function cohereTurn(message: JsonObject): Turn {
  const turn = turnOf(message)
  const documents = objectsOf(message['content']).filter(({ type }) => type === 'document')
  if (documents.length === 0) return turn
  return { ...turn, text: documents.map(({ document }) => documentText(objectOf(document)['data'] ?? document)).join('\n') }
}

const documentText = (data: unknown): string => (typeof data === 'string' ? data : JSON.stringify(data))
