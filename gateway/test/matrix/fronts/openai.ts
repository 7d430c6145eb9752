import type { JsonObject } from '../../../src/lib/json.ts'
import { createSseReader } from '../../../src/lib/sse-reader.ts'
import type { Turn } from '../../doubles/double.ts'
import { numberOf, objectOf, objectsOf, parseObject, textOf } from '../../doubles/reading.ts'
import type { Asking } from '../asking.ts'
import { check, given, linesOf, type Front, type Heard } from './front.ts'

/** OpenAI's chat completions. */
export const openai: Front = {
  name: 'openai',
  path: '/v1/chat/completions',
  streamType: 'text/event-stream; charset=utf-8',
  body: (asking, model, stream) =>
    given({
      model,
      messages: [
        ...(asking.system === undefined ? [] : [{ role: 'developer', content: asking.system }]),
        ...asking.turns.map((turn) => messageOf(turn)),
      ],
      stream,
      stream_options: stream ? { include_usage: true } : undefined,
      tools: asking.tools?.map((tool) => ({ type: 'function', function: given(tool) })),
      tool_choice: choiceOf(asking.toolChoice),
      max_completion_tokens: asking.maximumTokens,
      temperature: asking.temperature,
      top_p: asking.topP,
      stop: asking.stop,
      response_format:
        asking.schema === undefined
          ? undefined
          : { type: 'json_schema', json_schema: { name: 'answer', schema: asking.schema, strict: true } },
      reasoning_effort: asking.thinking === undefined ? undefined : asking.thinking ? 'high' : 'none',
    }),
  hear: (answer) => {
    check(answer['object'] === 'chat.completion', 'no chat.completion')
    check(typeof answer['created'] === 'number' && textOf(answer['id']) !== '', 'no id, or no time')
    const [choice, ...others] = objectsOf(answer['choices'])
    check(choice?.['index'] === 0 && others.length === 0, 'not one choice')
    const message = objectOf(choice['message'])
    check(message['role'] === 'assistant', 'not of the assistant')
    const calls = objectsOf(message['tool_calls'])
    check(
      calls.every(({ type }) => type === 'function'),
      'a call of no function',
    )
    return {
      reasoning: textOf(message['reasoning_content']),
      text: textOf(message['content']) + textOf(message['refusal']),
      toolCalls: calls.map((call) => toCall({ id: textOf(call['id']), ...nameAndJson(call['function']) })),
      stop: textOf(choice['finish_reason']),
      usage: usageOf(objectOf(answer['usage'])),
    }
  },
  hearStream: (text) => {
    const events = eventsOf(text)
    check(events.at(-1) === '[DONE]', 'no [DONE]')
    const chunks = events.slice(0, -1).map((data) => objectOf(parseObject(data)))
    const last = chunks.pop()
    check(Array.isArray(last?.['choices']) && last['choices'].length === 0, 'no usage at the end')
    const building = built(chunks)
    check(building.stop !== '', 'no finish_reason')
    for (const chunk of chunks) check(chunk['usage'] === undefined || chunk['usage'] === null, 'a usage before the end')
    const { calls, ...said } = building
    return { ...said, toolCalls: calls.map(toCall), usage: usageOf(objectOf(objectOf(last)['usage'])) }
  },
  hearBroken: (text) => {
    const events = eventsOf(text).map((data) => objectOf(parseObject(data)))
    const error = objectOf(events.pop()?.['error'])
    check(
      events.every((event) => event['error'] === undefined),
      'something after the error',
    )
    check(JSON.stringify(Object.keys(error).sort()) === '["code","message","param","type"]', 'an error without its four members')
    const building = built(events)
    check(building.stop === '', 'a finish_reason before the error')
    return { text: building.text, message: textOf(error['message']), type: textOf(error['code']) }
  },
  error: ({ error, ...rest }) => {
    check(Object.keys(rest).length === 0, 'more than an error')
    const { message, type, param, code, ...others } = objectOf(error)
    check(param !== undefined && code !== undefined && Object.keys(others).length === 0, 'an error without its four members')
    check(code === null || typeof code === 'string', 'a code that is no string')
    return { message: textOf(message), type: textOf(type), ...(typeof param === 'string' ? { param } : {}) }
  },
}

function messageOf({ role, text, images, toolCalls, answersCall }: Turn): JsonObject {
  if (role === 'tool') return { role, tool_call_id: answersCall, content: text }
  const calls = toolCalls.map(({ id, name, arguments: value }) => ({
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(value) },
  }))
  if (role === 'assistant')
    return { role, content: text === '' && calls.length > 0 ? null : text, ...(calls.length > 0 ? { tool_calls: calls } : {}) }
  if (images.length === 0 && !text.includes('\n')) return { role, content: text }
  const pictures = images.map((url) => ({ type: 'image_url', image_url: { url } }))
  return { role, content: [...linesOf(text).map((line) => ({ type: 'text', text: line })), ...pictures] }
}

function choiceOf(choice: Asking['toolChoice']): unknown {
  return typeof choice === 'object' ? { type: 'function', function: { name: choice.name } } : choice
}

/** The data of each event of a stream without names. */
function eventsOf(text: string): string[] {
  const reader = createSseReader(1024 ** 2)
  const events = reader.push(Buffer.from(text))
  check(reader.pending() === 0, 'bytes after the last event')
  check(
    events.every(({ name, data }) => name === undefined && data !== undefined),
    'an event with a name, or without data',
  )
  return events.map(({ data }) => String(data))
}

interface Call {
  id: string
  name: string
  json: string
}

interface Built {
  reasoning: string
  text: string
  stop: string
  readonly calls: Call[]
}

function built(chunks: readonly JsonObject[]): Built {
  const building: Built = { reasoning: '', text: '', stop: '', calls: [] }
  const heads = chunks.map(({ id, object, created, model }) => JSON.stringify({ id, object, created, model }))
  check(new Set(heads).size <= 1, `heads that differ: ${[...new Set(heads)].join()}`)
  for (const [index, chunk] of chunks.entries()) {
    check(chunk['object'] === 'chat.completion.chunk', 'no chat.completion.chunk')
    const [choice, ...others] = objectsOf(chunk['choices'])
    check(choice?.['index'] === 0 && others.length === 0, 'not one choice')
    check(building.stop === '', 'a chunk after the finish_reason')
    const delta = objectOf(choice['delta'])
    check((delta['role'] === 'assistant') === (index === 0), 'the role is not told once, at the beginning')
    building.text += textOf(delta['content']) + textOf(delta['refusal'])
    building.reasoning += textOf(delta['reasoning_content'])
    for (const piece of objectsOf(delta['tool_calls'])) addPiece(building.calls, piece)
    building.stop = textOf(choice['finish_reason'])
  }
  return building
}

/** The official client puts the pieces together by their index, and takes id and name from the first. */
function addPiece(calls: Call[], piece: JsonObject): void {
  const index = numberOf(piece['index']) ?? -1
  const { name, json } = nameAndJson(piece['function'])
  const known = calls[index]
  if (known === undefined) {
    check(index === calls.length && piece['type'] === 'function', `a call with index ${index}`)
    calls.push({ id: textOf(piece['id']), name, json })
  } else {
    check(piece['id'] === undefined && name === '', 'an id or a name again')
    known.json += json
  }
}

function nameAndJson(called: unknown): { readonly name: string; readonly json: string } {
  const { name, arguments: json } = objectOf(called)
  return { name: textOf(name), json: textOf(json) }
}

function toCall({ id, name, json }: Call): Heard['toolCalls'][number] {
  const value = parseObject(json)
  check(id !== '' && name !== '' && value !== undefined, `a call that makes no sense: ${id} ${name} ${json}`)
  return { id, name, arguments: value }
}

function usageOf(usage: JsonObject): Heard['usage'] {
  const [input, output] = [numberOf(usage['prompt_tokens']), numberOf(usage['completion_tokens'])]
  check(input !== undefined && output !== undefined && usage['total_tokens'] === input + output, 'no usage')
  const cached = numberOf(objectOf(usage['prompt_tokens_details'])['cached_tokens']) ?? 0
  return { input, output, cached, reasoning: numberOf(objectOf(usage['completion_tokens_details'])['reasoning_tokens']) ?? 0 }
}
