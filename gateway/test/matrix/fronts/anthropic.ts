import type { JsonObject } from '../../../src/lib/json.ts'
import { messageFromEvents } from '../../../src/dialects/anthropic/fixtures/message-from-events.ts'
import { createSseReader } from '../../../src/lib/sse-reader.ts'
import type { Turn } from '../../doubles/double.ts'
import { numberOf, objectOf, objectsOf, parseObject, textOf } from '../../doubles/reading.ts'
import type { Asking } from '../asking.ts'
import { check, given, linesOf, type Front, type Heard } from './front.ts'

/** Anthropic's Messages. */
export const anthropic: Front = {
  name: 'anthropic',
  path: '/v1/messages',
  streamType: 'text/event-stream; charset=utf-8',
  body: (asking, model, stream) =>
    given({
      model,
      max_tokens: asking.maximumTokens,
      system: asking.system?.includes('\n') === true ? [{ type: 'text', text: asking.system }] : asking.system,
      messages: merged(asking.turns.map((turn) => ({ role: turn.role === 'assistant' ? 'assistant' : 'user', content: blocksOf(turn) }))),
      stream,
      tools: asking.tools?.map(({ name, description, parameters }) => given({ name, description, input_schema: parameters })),
      tool_choice: choiceOf(asking.toolChoice),
      temperature: asking.temperature,
      top_p: asking.topP,
      stop_sequences: asking.stop,
      output_config: asking.schema === undefined ? undefined : { format: { type: 'json_schema', schema: asking.schema } },
      thinking:
        asking.thinking === undefined ? undefined : asking.thinking ? { type: 'enabled', budget_tokens: 1600 } : { type: 'disabled' },
    }),
  hear: (answer) => heard(answer),
  hearStream: (text) => heard(messageFromEvents(Buffer.from(text))),
  hearBroken: (text) => {
    const reader = createSseReader(1024 ** 2)
    const events = reader.push(Buffer.from(text)).map(({ name, data }) => {
      const event = objectOf(parseObject(String(data)))
      check(event['type'] === name, 'an event that is not named as its data')
      return event
    })
    const last = events.pop()
    check(last?.['type'] === 'error' && reader.pending() === 0, 'no error at the end')
    const told = events.filter(({ type }) => type === 'message_delta' || type === 'message_stop' || type === 'error')
    check(told.length === 0, 'an end before the error')
    const { message, type } = objectOf(last['error'])
    return { text: events.map(({ delta }) => textOf(objectOf(delta)['text'])).join(''), message: textOf(message), type: textOf(type) }
  },
  error: ({ type, error, request_id: id }, headers) => {
    check(type === 'error' && id === headers['request-id'] && id === headers['x-request-id'], 'no error, or without its id')
    const { message, type: kind } = objectOf(error)
    return { message: textOf(message), type: textOf(kind) }
  },
}

/** Turns of one role in a row are one message: results, and what the user says beside them. */
function merged(messages: readonly { readonly role: string; readonly content: readonly JsonObject[] }[]): JsonObject[] {
  const joined: { role: string; content: JsonObject[] }[] = []
  for (const { role, content } of messages) {
    const last = joined.at(-1)
    if (last?.role === role) last.content.push(...content)
    else joined.push({ role, content: [...content] })
  }
  return joined.map(({ role, content }) => {
    const [first, ...others] = content
    return { role, content: first?.['type'] === 'text' && others.length === 0 ? first['text'] : content }
  })
}

function blocksOf({ role, text, images, toolCalls, answersCall }: Turn): JsonObject[] {
  if (role === 'tool') return [{ type: 'tool_result', tool_use_id: answersCall, content: [{ type: 'text', text }] }]
  const texts = role === 'assistant' ? [text].filter((one) => one !== '') : linesOf(text)
  return [
    ...texts.map((line) => ({ type: 'text', text: line })),
    ...images.map((url) => ({ type: 'image', source: sourceOf(url) })),
    ...toolCalls.map(({ id, name, arguments: input }) => ({ type: 'tool_use', id, name, input })),
  ]
}

function sourceOf(url: string): JsonObject {
  const [, mediaType, data] = /^data:(.*);base64,(.*)$/.exec(url) ?? []
  return data === undefined ? { type: 'url', url } : { type: 'base64', media_type: mediaType, data }
}

function choiceOf(choice: Asking['toolChoice']): JsonObject | undefined {
  if (choice === undefined) return undefined
  if (typeof choice === 'object') return { type: 'tool', name: choice.name }
  return { type: choice === 'required' ? 'any' : choice }
}

function heard(message: JsonObject): Heard {
  check(message['type'] === 'message' && message['role'] === 'assistant', 'no message of the assistant')
  check(textOf(message['id']).startsWith('msg_'), 'no id')
  const content = objectsOf(message['content'])
  const order = content.map(({ type }) => ['thinking', 'redacted_thinking', 'text', 'tool_use'].indexOf(textOf(type)))
  check(
    order.every((place, index) => place >= (order[index - 1] ?? 0)),
    'blocks out of order',
  )
  for (const block of content) checkBlock(block)
  const { input_tokens: input, output_tokens: output, cache_read_input_tokens: cached, ...counts } = objectOf(message['usage'])
  check(typeof input === 'number' && typeof output === 'number' && typeof cached === 'number', 'no usage')
  check(message['stop_sequence'] === null || message['stop_reason'] === 'stop_sequence', 'a stop sequence without its reason')
  return {
    reasoning: content.map(({ thinking }) => textOf(thinking)).join(''),
    text: content.map(({ text }) => textOf(text)).join(''),
    toolCalls: content
      .filter(({ type }) => type === 'tool_use')
      .map(({ id, name, input: value }) => ({ id: textOf(id), name: textOf(name), arguments: objectOf(value) })),
    stop: textOf(message['stop_reason']),
    usage: {
      input: input + cached,
      output,
      cached,
      reasoning: numberOf(objectOf(counts['output_tokens_details'])['thinking_tokens']) ?? 0,
    },
  }
}

function checkBlock(block: JsonObject): void {
  if (block['type'] === 'thinking') check(textOf(block['signature']) !== '', 'thinking without a signature')
  if (block['type'] === 'text') check(textOf(block['text']) !== '', 'an empty text')
  if (block['type'] === 'tool_use')
    check(textOf(block['id']) !== '' && textOf(block['name']) !== '' && objectOf(block['input']) === block['input'], 'a broken call')
}
