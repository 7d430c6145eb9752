import type { JsonObject } from '../../src/lib/json.ts'
import type { Turn, Understood } from './double.ts'
import { toolsOf } from './openai-request.ts'
import { base64FaultOf, joined, numberOf, objectOf, objectsOf, optionalObject, stringsOf, textOf } from './reading.ts'
import { demand, isOptional, isStrings, isText } from './refused.ts'

const INTEGERS = new Set(['num_ctx', 'num_predict', 'top_k', 'seed'])
const FLOATS = new Set(['temperature', 'top_p', 'min_p', 'repeat_penalty', 'presence_penalty', 'frequency_penalty'])

export function checkOllama(body: JsonObject): void {
  demand(isText(body['model']), 'model is required')
  demand(isOptional(body['stream'], 'boolean'), unmarshal(body['stream'], 'ChatRequest.stream', 'bool'))
  checkThink(body['think'])
  checkKeepAlive(body['keep_alive'])
  const { format, messages, tools } = body
  demand(
    format === undefined || format === '' || format === 'json' || objectOf(format) === format,
    `invalid format: ${JSON.stringify(format)}; expected "json" or a valid JSON Schema object`,
  )
  checkOptions(body['options'])
  demand(absent(messages) || Array.isArray(messages), unmarshal(messages, 'ChatRequest.messages', '[]api.Message'))
  for (const message of objectsOf(messages)) checkMessage(message)
  demand(absent(tools) || Array.isArray(tools), unmarshal(tools, 'ChatRequest.tools', 'api.Tools'))
  for (const tool of objectsOf(tools)) {
    const { name, parameters } = objectOf(tool['function'])
    demand(typeof name === 'string', unmarshal(name, 'ToolFunction.name', 'string'))
    demand(
      absent(parameters) || objectOf(parameters) === parameters,
      unmarshal(parameters, 'ToolFunction.parameters', 'api.ToolFunctionParameters'),
    )
  }
}

const absent = (value: unknown): boolean => value === undefined || value === null

/** The words of Go's JSON decoder, which is what refuses a wrong type. */
function unmarshal(value: unknown, field: string, type: string): string {
  const kind = Array.isArray(value) ? 'array' : typeof value
  return `json: cannot unmarshal ${kind} into Go struct field ${field} of type ${type}`
}

function checkThink(think: unknown): void {
  const known = absent(think) || typeof think === 'boolean' || ['low', 'medium', 'high', 'max'].includes(textOf(think))
  demand(known, `invalid think value: ${JSON.stringify(think)} (must be "high", "medium", "low", "max", true, or false)`)
}

function checkKeepAlive(value: unknown): void {
  if (absent(value) || typeof value === 'number') return
  demand(/^-?(\d+(\.\d+)?(ns|us|ms|s|m|h))+$/.test(textOf(value)), `time: missing unit in duration ${JSON.stringify(value)}`)
}

function checkOptions(value: unknown): void {
  demand(absent(value) || objectOf(value) === value, unmarshal(value, 'ChatRequest.options', 'map[string]interface {}'))
  for (const [name, option] of Object.entries(objectOf(value))) {
    if (INTEGERS.has(name)) demand(Number.isInteger(option), `option "${name}" must be of type integer`)
    if (FLOATS.has(name)) demand(typeof option === 'number', `option "${name}" must be of type float32`)
    if (name === 'stop') demand(isStrings(option), `option "stop" must be of type array`)
  }
}

function checkMessage(message: JsonObject): void {
  const role = textOf(message['role']).toLowerCase()
  demand(['system', 'user', 'assistant', 'tool'].includes(role), `invalid role: ${role}, must be one of [system user assistant tool]`)
  const { content, images, tool_calls: calls } = message
  demand(absent(content) || typeof content === 'string', unmarshal(content, 'ChatRequest.messages.content', 'string'))
  demand(absent(images) || isStrings(images), unmarshal(images, 'ChatRequest.messages.images', 'api.ImageData'))
  for (const image of stringsOf(images)) {
    const fault = base64FaultOf(image)
    demand(fault === undefined, `illegal base64 data at input byte ${fault}`)
  }
  for (const call of objectsOf(calls)) {
    const { name, arguments: value } = objectOf(call['function'])
    demand(typeof name === 'string', unmarshal(name, 'ToolCallFunction.name', 'string'))
    demand(objectOf(value) === value, unmarshal(value, 'ToolCallFunction.arguments', 'map[string]interface {}'))
  }
}

export function understandOllama(_path: string, body: JsonObject): Understood {
  const messages = objectsOf(body['messages'])
  const options = objectOf(body['options'])
  const isSystem = ({ role }: JsonObject): boolean => textOf(role).toLowerCase() === 'system'
  const { think } = body
  return {
    model: textOf(body['model']),
    stream: body['stream'] !== false,
    system: joined(messages.filter(isSystem).map(({ content }) => textOf(content))),
    turns: messages.filter((message) => !isSystem(message)).map(turnOf),
    tools: toolsOf(body['tools']),
    // The wire has none.
    toolChoice: undefined,
    maximumTokens: numberOf(options['num_predict']),
    temperature: numberOf(options['temperature']),
    topP: numberOf(options['top_p']),
    stop: stringsOf(options['stop']),
    schema: optionalObject(body['format']),
    thinking: absent(think) ? undefined : think !== false,
  }
}

function turnOf(message: JsonObject): Turn {
  const role = textOf(message['role']).toLowerCase()
  return {
    role: role === 'assistant' || role === 'tool' ? role : 'user',
    text: textOf(message['content']),
    images: stringsOf(message['images']).map((data) => `data:${mediaTypeOf(data)};base64,${data}`),
    toolCalls: objectsOf(message['tool_calls']).map((call) => {
      const { name, arguments: value } = objectOf(call['function'])
      return { id: textOf(call['id']) || textOf(name), name: textOf(name), arguments: objectOf(value) }
    }),
    ...(role === 'tool' ? { answersCall: textOf(message['tool_call_id']) || textOf(message['tool_name']) } : {}),
  }
}

const BEGINNINGS: Readonly<Record<string, string>> = { iVBOR: 'image/png', '/9j/': 'image/jpeg', R0lG: 'image/gif', UklG: 'image/webp' }

function mediaTypeOf(data: string): string {
  return Object.entries(BEGINNINGS).find(([beginning]) => data.startsWith(beginning))?.[1] ?? 'application/octet-stream'
}
