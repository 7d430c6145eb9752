import type { JsonObject } from '../../src/lib/json.ts'
import type { Turn, Understood } from './double.ts'
import { joined, numberOf, objectOf, objectsOf, optionalText, parseObject, stringsOf, textOf, textOfParts } from './reading.ts'
import { demand, isCount, isOptional, isStrings, isText, isWithin, strangerIn } from './refused.ts'

const KNOWN = (
  'messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens metadata ' +
  'modalities moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options ' +
  'prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store stream stream_options ' +
  'temperature tool_choice tools top_logprobs top_p user verbosity web_search_options'
).split(' ')

const EFFORTS = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])

export function checkOpenai(body: JsonObject, lenient: boolean): void {
  const stranger = strangerIn(body, KNOWN)
  demand(lenient || stranger === undefined, `Unknown parameter: '${stranger}'.`, { param: stranger ?? '', code: 'unknown_parameter' })
  must(isText(body['model']), 'model', 'you must provide a model parameter')
  must(isOptional(body['stream'], 'boolean'), 'stream', 'expected a boolean')
  must(body['stream_options'] === undefined || body['stream'] === true, 'stream_options', "only allowed when 'stream' is enabled")
  for (const name of ['max_tokens', 'max_completion_tokens'])
    must(absent(body[name]) || isCount(body[name]), name, 'expected a count of 1 or more')
  must(absent(body['temperature']) || isWithin(body['temperature'], 0, 2), 'temperature', 'expected a number from 0 to 2')
  must(absent(body['top_p']) || isWithin(body['top_p'], 0, 1), 'top_p', 'expected a number from 0 to 1')
  const { stop } = body
  must(absent(stop) || typeof stop === 'string' || (isStrings(stop) && stringsOf(stop).length <= 4), 'stop', 'expected 1 to 4 strings')
  must(absent(body['reasoning_effort']) || EFFORTS.has(textOf(body['reasoning_effort'])), 'reasoning_effort', 'unknown value')
  checkTools(body)
  checkFormat(body['response_format'])
  const { messages } = body
  must(Array.isArray(messages) && messages.length > 0, 'messages', 'expected at least one message')
  checkMessages(objectsOf(messages))
}

function must(condition: boolean, param: string, message: string): asserts condition {
  demand(condition, `Invalid '${param}': ${message}.`, { param, code: 'invalid_value' })
}

const absent = (value: unknown): boolean => value === undefined || value === null

function checkTools(body: JsonObject): void {
  const { tools, tool_choice: chosen } = body
  must(absent(tools) || (Array.isArray(tools) && tools.length > 0), 'tools', 'expected at least one tool')
  for (const [index, tool] of objectsOf(tools).entries()) {
    if (tool['type'] === 'custom') continue
    must(tool['type'] === 'function', `tools[${index}].type`, "expected 'function' or 'custom'")
    const { name, parameters } = objectOf(tool['function'])
    must(/^[\w-]{1,64}$/.test(textOf(name)), `tools[${index}].function.name`, 'expected up to 64 letters, digits, _ and -')
    must(parameters === undefined || objectOf(parameters) === parameters, `tools[${index}].function.parameters`, 'expected an object')
  }
  if (absent(chosen)) return
  must(!absent(tools), 'tool_choice', "only allowed when 'tools' are specified")
  const name = objectOf(objectOf(chosen)['function'])['name']
  const named = objectsOf(tools).some((tool) => objectOf(tool['function'])['name'] === name)
  const words =
    ['none', 'auto', 'required'].includes(textOf(chosen)) || ['allowed_tools', 'custom'].includes(textOf(objectOf(chosen)['type']))
  must(words || (objectOf(chosen)['type'] === 'function' && named), 'tool_choice', "expected a known word or a tool of 'tools'")
}

function checkFormat(value: unknown): void {
  if (absent(value)) return
  const { type, json_schema: wrapped } = objectOf(value)
  must(['text', 'json_object', 'json_schema'].includes(textOf(type)), 'response_format.type', 'unknown value')
  if (type !== 'json_schema') return
  const { name, schema } = objectOf(wrapped)
  must(isText(name), 'response_format.json_schema.name', 'missing')
  must(objectOf(schema) === schema, 'response_format.json_schema.schema', 'expected an object')
}

function checkMessages(messages: readonly JsonObject[]): void {
  let open: readonly string[] = []
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`
    const role = textOf(message['role'])
    must(['developer', 'system', 'user', 'assistant', 'tool', 'function'].includes(role), `${at}.role`, 'unknown value')
    if (role === 'tool') {
      const answered = textOf(message['tool_call_id'])
      must(open.includes(answered), `${at}.role`, "messages with role 'tool' must be a response to a preceding message with 'tool_calls'")
      open = open.filter((id) => id !== answered)
    } else
      must(open.length === 0, `${at}.role`, "an assistant message with 'tool_calls' must be followed by tool messages for each of them")
    if (role === 'assistant') open = checkCalls(message, at)
    else checkContent(message['content'], `${at}.content`, role)
  }
  must(open.length === 0, 'messages', "an assistant message with 'tool_calls' must be followed by tool messages for each of them")
}

function checkCalls(message: JsonObject, at: string): readonly string[] {
  const calls = objectsOf(message['tool_calls'])
  must(calls.length > 0 || !absent(message['content']) || !absent(message['refusal']), `${at}.content`, 'expected a string, got null')
  if (!absent(message['content'])) checkContent(message['content'], `${at}.content`, 'assistant')
  return calls.map((call, index) => {
    const { name, arguments: value } = objectOf(call['function'])
    must(isText(call['id']), `${at}.tool_calls[${index}].id`, 'missing')
    must(call['type'] === 'function', `${at}.tool_calls[${index}].type`, "expected 'function'")
    must(isText(name), `${at}.tool_calls[${index}].function.name`, 'missing')
    must(typeof value === 'string', `${at}.tool_calls[${index}].function.arguments`, 'expected a string')
    return textOf(call['id'])
  })
}

function checkContent(content: unknown, at: string, role: string): void {
  if (typeof content === 'string') return
  must(Array.isArray(content) && content.length > 0, at, 'expected a string or parts')
  for (const [index, part] of objectsOf(content).entries()) {
    const here = `${at}[${index}]`
    const type = textOf(part['type'])
    const allowed = { user: ['text', 'image_url', 'input_audio', 'file'], assistant: ['text', 'refusal'] }[role] ?? ['text']
    must(allowed.includes(type), `${here}.type`, `'${type}' is not supported here`)
    if (type === 'text') must(typeof part['text'] === 'string', `${here}.text`, 'expected a string')
    if (type !== 'image_url') continue
    const url = textOf(objectOf(part['image_url'])['url'])
    must(
      /^https?:\/\/|^data:image\/(jpeg|png|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$/.test(url),
      `${here}.image_url.url`,
      'expected a valid URL',
    )
  }
}

export function understandOpenai(_path: string, body: JsonObject): Understood {
  const messages = objectsOf(body['messages'])
  const isSystem = ({ role }: JsonObject): boolean => role === 'system' || role === 'developer'
  const effort = body['reasoning_effort']
  return {
    model: textOf(body['model']),
    stream: body['stream'] === true,
    system: joined(messages.filter(isSystem).map(({ content }) => textOfParts(content))),
    turns: messages.filter((message) => !isSystem(message)).map(turnOf),
    tools: toolsOf(body['tools']),
    toolChoice: choiceOf(body['tool_choice']),
    maximumTokens: numberOf(body['max_completion_tokens']) ?? numberOf(body['max_tokens']),
    temperature: numberOf(body['temperature']),
    topP: numberOf(body['top_p']),
    stop: typeof body['stop'] === 'string' ? [body['stop']] : stringsOf(body['stop']),
    schema: optionalSchema(body['response_format']),
    thinking: typeof effort === 'string' ? effort !== 'none' : undefined,
  }
}

const optionalSchema = (format: unknown): JsonObject | undefined => {
  const { schema } = objectOf(objectOf(format)['json_schema'])
  return schema === undefined ? undefined : objectOf(schema)
}

export function turnOf(message: JsonObject): Turn {
  const role = textOf(message['role'])
  return {
    role: role === 'assistant' || role === 'tool' ? role : 'user',
    text: textOfParts(message['content']),
    images: objectsOf(message['content'])
      .filter((part) => part['type'] === 'image_url')
      .map((part) => textOf(objectOf(part['image_url'])['url'])),
    toolCalls: objectsOf(message['tool_calls']).map((call) => {
      const { name, arguments: value } = objectOf(call['function'])
      return { id: textOf(call['id']), name: textOf(name), arguments: parseObject(textOf(value)) ?? {} }
    }),
    ...(role === 'tool' ? { answersCall: textOf(message['tool_call_id']) } : {}),
  }
}

/** Tools as `{type: "function", function: {...}}`, which Cohere and Ollama have taken over. */
export function toolsOf(tools: unknown): Understood['tools'] {
  return objectsOf(tools).map((tool) => {
    const { name, description, parameters } = objectOf(tool['function'])
    return { name: textOf(name), description: optionalText(description), parameters: objectOf(parameters) }
  })
}

function choiceOf(value: unknown): Understood['toolChoice'] {
  if (value === 'none' || value === 'auto' || value === 'required') return value
  const { name } = objectOf(objectOf(value)['function'])
  return typeof name === 'string' ? { name } : undefined
}
