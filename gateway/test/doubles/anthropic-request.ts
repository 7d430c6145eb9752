import type { JsonObject } from '../../src/lib/json.ts'
import type { Turn, Understood } from './double.ts'
import { base64FaultOf, joined, numberOf, objectOf, objectsOf, optionalText, stringsOf, textOf, textOfParts } from './reading.ts'
import { demand, isCount, isOptional, isStrings, isText, isWithin, strangerIn } from './refused.ts'

const OLD_VERSION = '2023-06-01'
const NEW_VERSION = '2026-10-21'
export const VERSIONS = [OLD_VERSION, NEW_VERSION]

const SAMPLING = ['temperature', 'top_p', 'top_k']
const KNOWN = (
  'model max_tokens messages system stop_sequences stream tools tool_choice thinking metadata service_tier output_config container ' +
  'cache_control inference_geo speed'
).split(' ')

export function checkAnthropic(body: JsonObject, version: string, lenient: boolean): void {
  const stranger = strangerIn(body, [...KNOWN, ...SAMPLING])
  demand(lenient || stranger === undefined, `${stranger}: Extra inputs are not permitted`)
  const removed = SAMPLING.find((name) => body[name] !== undefined)
  demand(version === OLD_VERSION || removed === undefined, `${removed}: this parameter was removed in ${NEW_VERSION}`)
  demand(isText(body['model']), 'model: Field required')
  demand(isCount(body['max_tokens']), 'max_tokens: Field required')
  demand(isOptional(body['stream'], 'boolean'), 'stream: Input should be a valid boolean')
  for (const name of ['temperature', 'top_p'])
    demand(body[name] === undefined || isWithin(body[name], 0, 1), `${name}: Input should be from 0 to 1`)
  const { system, stop_sequences: stops, metadata } = body
  demand(system === undefined || typeof system === 'string' || Array.isArray(system), 'system: Input should be a valid string or list')
  for (const [index, block] of objectsOf(system).entries()) checkBlock(block, `system.${index}`, ['text'])
  const sound = stops === undefined || (isStrings(stops) && stringsOf(stops).every((text) => text.trim() !== ''))
  demand(sound, 'stop_sequences: each stop sequence must contain non-whitespace')
  demand(strangerIn(objectOf(metadata), ['user_id']) === undefined, 'metadata: Extra inputs are not permitted')
  checkTools(body)
  checkThinking(body)
  checkFormat(body['output_config'])
  checkMessages(body['messages'], version)
}

function checkTools({ tools, tool_choice: choice }: JsonObject): void {
  demand(tools === undefined || Array.isArray(tools), 'tools: Input should be a valid list')
  for (const [index, tool] of objectsOf(tools).entries()) {
    const at = `tools.${index}`
    // Tools of the server have a type of their own.
    if (tool['type'] !== undefined && tool['type'] !== 'custom') {
      demand(tool['type'] !== 'function', `${at}: Input tag 'function' found using 'type' does not match any of the expected tags`)
      continue
    }
    demand(/^[\w-]{1,128}$/.test(textOf(tool['name'])), `${at}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`)
    demand(objectOf(tool['input_schema'])['type'] === 'object', `${at}.custom.input_schema.type: Input should be 'object'`)
  }
  if (choice === undefined) return
  const { type, name } = objectOf(choice)
  demand(['auto', 'any', 'tool', 'none'].includes(textOf(type)), "tool_choice: Input should be 'auto', 'any', 'tool' or 'none'")
  demand(objectsOf(tools).length > 0, 'tool_choice: may only be specified while providing tools')
  demand(
    type !== 'tool' || objectsOf(tools).some((tool) => tool['name'] === name),
    `tool_choice: Tool '${textOf(name)}' not found in provided tools`,
  )
}

function checkThinking({ thinking, max_tokens: maximum, temperature, tool_choice: choice }: JsonObject): void {
  if (thinking === undefined) return
  const { type, budget_tokens: budget } = objectOf(thinking)
  demand(['enabled', 'adaptive', 'disabled'].includes(textOf(type)), "thinking.type: Input should be 'enabled', 'adaptive' or 'disabled'")
  if (type !== 'enabled') return
  demand(
    Number.isInteger(budget) && Number(budget) >= 1024,
    'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024',
  )
  demand(Number(budget) < Number(maximum), '`max_tokens` must be greater than `thinking.budget_tokens`')
  demand(temperature === undefined || temperature === 1, '`temperature` may only be set to 1 when thinking is enabled')
  demand(!['any', 'tool'].includes(textOf(objectOf(choice)['type'])), 'Thinking may not be enabled when tool_choice forces tool use')
}

function checkFormat(output: unknown): void {
  const { format, effort } = objectOf(output)
  demand(effort === undefined || ['low', 'medium', 'high', 'xhigh', 'max'].includes(textOf(effort)), 'output_config.effort: unknown value')
  if (format === undefined) return
  const { type, schema } = objectOf(format)
  demand(type === 'json_schema' && objectOf(schema) === schema, "output_config.format: expected type 'json_schema' with a schema")
}

function checkMessages(messages: unknown, version: string): void {
  demand(Array.isArray(messages) && messages.length > 0, 'messages: at least one message is required')
  const roles = version === OLD_VERSION ? ['user', 'assistant'] : ['user', 'assistant', 'system']
  let before: JsonObject | undefined
  for (const [index, { role, content }] of objectsOf(messages).entries()) {
    const at = `messages.${index}`
    demand(roles.includes(textOf(role)), `messages: Unexpected role "${textOf(role)}"`)
    if (typeof content === 'string') demand(content !== '', `${at}: all messages must have non-empty content`)
    else demand(Array.isArray(content) && content.length > 0, `${at}.content: Input should be a valid string or a non-empty list`)
    for (const [place, block] of objectsOf(content).entries()) checkBlock(block, `${at}.content.${place}`, BLOCKS[textOf(role)] ?? ['text'])
    const cites = role === 'user' && objectsOf(content).some(({ citations }) => objectsOf(citations).length > 0)
    demand(version === OLD_VERSION || !cites, `${at}: citations are not permitted in a user message`)
  }
  for (const [index, turn] of mergedTurns(objectsOf(messages)).entries()) {
    demand(index > 0 || turn['role'] === 'user', 'messages: first message must use the "user" role')
    checkAnswers(objectsOf(before?.['content']), objectsOf(turn['content']), `messages.${index}`)
    before = turn
  }
  demand(
    objectsOf(before?.['content']).every(({ type }) => type !== 'tool_use'),
    '`tool_use` ids were found without `tool_result` blocks',
  )
}

/** Consecutive messages of one role count as one. */
function mergedTurns(messages: readonly JsonObject[]): JsonObject[] {
  const turns: JsonObject[] = []
  for (const { role, content } of messages) {
    if (role === 'system') continue
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : objectsOf(content)
    const last = turns.at(-1)
    if (last?.['role'] === role) turns.splice(-1, 1, { role, content: [...objectsOf(last?.['content']), ...blocks] })
    else turns.push({ role, content: blocks })
  }
  return turns
}

function checkAnswers(asked: readonly JsonObject[], blocks: readonly JsonObject[], at: string): void {
  const open = asked.filter(({ type }) => type === 'tool_use').map(({ id }) => textOf(id))
  const results = blocks.filter(({ type }) => type === 'tool_result').map((block) => textOf(block['tool_use_id']))
  const stray = results.find((id) => !open.includes(id))
  demand(stray === undefined, `${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}`)
  demand(new Set(results).size === results.length, `${at}: each tool_use must have a single result`)
  const missing = open.find((id) => !results.includes(id))
  demand(missing === undefined, `${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing}`)
  const first = blocks.slice(0, results.length).every(({ type }) => type === 'tool_result')
  demand(first, `${at}: \`tool_result\` blocks must come first`)
}

const BLOCKS: Readonly<Record<string, readonly string[]>> = {
  user: ['text', 'image', 'document', 'search_result', 'tool_result'],
  assistant: ['text', 'thinking', 'redacted_thinking', 'tool_use'],
}

function checkBlock(block: JsonObject, at: string, allowed: readonly string[]): void {
  const type = textOf(block['type'])
  demand(allowed.includes(type), `${at}: Input tag '${type}' found using 'type' does not match any of the expected tags`)
  if (type === 'text') demand(isText(block['text']), `${at}.text: text content blocks must be non-empty`)
  if (type === 'image') checkSource(objectOf(block['source']), `${at}.image.source`)
  if (type === 'thinking') demand(isText(block['signature']), `${at}.thinking.signature: Field required`)
  if (type === 'tool_use') {
    demand(/^[\w-]+$/.test(textOf(block['id'])), `${at}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`)
    demand(isText(block['name']), `${at}.tool_use.name: Field required`)
    demand(objectOf(block['input']) === block['input'], `${at}.tool_use.input: Input should be a valid dictionary`)
  }
  if (type !== 'tool_result') return
  const { tool_use_id: id, content, is_error: failed } = block
  demand(isText(id), `${at}.tool_result.tool_use_id: Field required`)
  demand(isOptional(failed, 'boolean'), `${at}.tool_result.is_error: Input should be a valid boolean`)
  demand(isOptional(content, 'string') || Array.isArray(content), `${at}.tool_result.content: Input should be a valid string or list`)
  for (const [index, part] of objectsOf(content).entries())
    checkBlock(part, `${at}.tool_result.content.${index}`, ['text', 'image', 'document', 'search_result'])
}

function checkSource(source: JsonObject, at: string): void {
  const { type, media_type: mediaType, data, url } = source
  demand(['base64', 'url', 'file'].includes(textOf(type)), `${at}.type: Input should be 'base64', 'url' or 'file'`)
  if (type === 'url') demand(/^https?:\/\//.test(textOf(url)), `${at}.url.url: Only HTTPS URLs are supported`)
  if (type !== 'base64') return
  demand(/^image\/(jpeg|png|gif|webp)$/.test(textOf(mediaType)), `${at}.base64.media_type: unsupported media type`)
  demand(base64FaultOf(textOf(data)) === undefined && data !== '', `${at}.base64.data: invalid base64 data`)
}

export function understandAnthropic(_path: string, body: JsonObject): Understood {
  const messages = objectsOf(body['messages'])
  const system = [body['system'], ...messages.filter(({ role }) => role === 'system').map(({ content }) => content)]
  const { format, effort } = objectOf(body['output_config'])
  const { schema } = objectOf(format)
  const { type } = objectOf(body['thinking'])
  return {
    model: textOf(body['model']),
    stream: body['stream'] === true,
    system: joined(system.filter((content) => content !== undefined).map(textOfParts)),
    turns: messages.filter(({ role }) => role !== 'system').flatMap(turnsOf),
    tools: objectsOf(body['tools']).map(({ name, description, input_schema: parameters }) => ({
      name: textOf(name),
      description: optionalText(description),
      parameters: objectOf(parameters),
    })),
    toolChoice: choiceOf(objectOf(body['tool_choice'])),
    maximumTokens: numberOf(body['max_tokens']),
    temperature: numberOf(body['temperature']),
    topP: numberOf(body['top_p']),
    stop: stringsOf(body['stop_sequences']),
    schema: schema === undefined ? undefined : objectOf(schema),
    thinking: type === undefined ? (effort === undefined ? undefined : true) : type !== 'disabled',
  }
}

/** Each tool result is a turn by itself; what else the user says in that message follows. */
function turnsOf({ role, content }: JsonObject): Turn[] {
  const blocks = objectsOf(content)
  const results = blocks.filter(({ type }) => type === 'tool_result')
  const own: Turn = {
    role: role === 'assistant' ? 'assistant' : 'user',
    text: textOfParts(content),
    images: imagesOf(blocks),
    toolCalls: blocks
      .filter(({ type }) => type === 'tool_use')
      .map(({ id, name, input }) => ({ id: textOf(id), name: textOf(name), arguments: objectOf(input) })),
  }
  const answers = results.map((result): Turn => ({
    role: 'tool',
    text: textOfParts(result['content']),
    images: imagesOf(objectsOf(result['content'])),
    toolCalls: [],
    answersCall: textOf(result['tool_use_id']),
  }))
  return results.length === blocks.length && results.length > 0 ? answers : [...answers, own]
}

function imagesOf(blocks: readonly JsonObject[]): string[] {
  return blocks
    .filter(({ type }) => type === 'image')
    .map(({ source }) => {
      const { type, url, media_type: mediaType, data, file_id: file } = objectOf(source)
      if (type === 'base64') return `data:${textOf(mediaType)};base64,${textOf(data)}`
      return textOf(type === 'url' ? url : file)
    })
}

function choiceOf({ type, name }: JsonObject): Understood['toolChoice'] {
  if (type === 'auto' || type === 'none') return type
  if (type === 'any') return 'required'
  return type === 'tool' ? { name: textOf(name) } : undefined
}
