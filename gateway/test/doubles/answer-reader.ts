import type { JsonObject } from '../../src/lib/json.ts'
import type { WireName } from './double.ts'
import { numberOf, objectOf, objectsOf, parseObject, textOf } from './reading.ts'

/** An answer as a plain client of that wire reads it. */
export interface Heard {
  reasoning: string
  text: string
  /** How many pieces the text came in. */
  pieces: number
  /** Arguments as JSON text. */
  toolCalls: { id: string; name: string; arguments: string }[]
  /** In the wire's own word. */
  finish: string | undefined
  usage: JsonObject | undefined
  /** The proper end of the wire was seen. */
  complete: boolean
  error: string | undefined
}

const nothing = (): Heard => ({
  reasoning: '',
  text: '',
  pieces: 0,
  toolCalls: [],
  finish: undefined,
  usage: undefined,
  complete: false,
  error: undefined,
})

/** The JSON of each event or line; `[DONE]` as undefined. */
function eventsOf(wire: WireName, text: string): (JsonObject | undefined)[] {
  if (wire === 'ollama') return text.trimEnd().split('\n').map(parseObject)
  const blocks = text.split(wire === 'gemini' ? '\r\n\r\n' : '\n\n')
  return blocks.filter((block) => block !== '').map((block) => parseObject(block.replace(/^event: .*\n/, '').slice('data: '.length)))
}

export function hearStream(wire: WireName, text: string): Heard {
  const heard = nothing()
  for (const event of eventsOf(wire, text)) READERS[wire](heard, event)
  return heard
}

/** A whole answer reads like a stream of one event, but for the wires whose events are of another make. */
export function hearWhole(wire: WireName, text: string): Heard {
  const heard = nothing()
  const answer = objectOf(parseObject(text))
  if (wire === 'anthropic') wholeAnthropic(heard, answer)
  else if (wire === 'cohere') wholeCohere(heard, answer)
  else if (wire === 'openai') openaiChoice(heard, answer, 'message')
  else READERS[wire](heard, answer)
  return heard
}

function hearText(heard: Heard, text: unknown): void {
  if (typeof text !== 'string' || text === '') return
  heard.text += text
  heard.pieces += 1
}

function openaiChoice(heard: Heard, answer: JsonObject, field: 'message' | 'delta'): void {
  const [choice] = objectsOf(answer['choices'])
  const said = objectOf(choice?.[field])
  hearText(heard, said['content'])
  heard.reasoning += textOf(said['reasoning_content'])
  for (const [place, call] of objectsOf(said['tool_calls']).entries()) {
    const { name, arguments: json } = objectOf(call['function'])
    const index = numberOf(call['index']) ?? place
    const known = (heard.toolCalls[index] ??= { id: textOf(call['id']), name: textOf(name), arguments: '' })
    known.arguments += textOf(json)
  }
  heard.finish ??= textOf(choice?.['finish_reason']) || undefined
  if (answer['usage'] !== undefined && answer['usage'] !== null) heard.usage = objectOf(answer['usage'])
}

function anthropicEvent(heard: Heard, event: JsonObject): void {
  const { type, delta, usage, message, error, content_block: block } = event
  const { thinking, text, partial_json: json, stop_reason: reason } = objectOf(delta)
  if (type === 'message_start') heard.usage = objectOf(objectOf(message)['usage'])
  if (type === 'content_block_start' && objectOf(block)['type'] === 'tool_use')
    heard.toolCalls.push({ id: textOf(objectOf(block)['id']), name: textOf(objectOf(block)['name']), arguments: '' })
  heard.reasoning += textOf(thinking)
  hearText(heard, text)
  const call = heard.toolCalls.at(-1)
  if (call !== undefined) call.arguments += textOf(json)
  if (type === 'message_delta') heard.finish = textOf(reason)
  if (type === 'message_delta') heard.usage = { ...heard.usage, ...objectOf(usage) }
  if (type === 'message_stop') heard.complete = true
  if (type === 'error') heard.error = textOf(objectOf(error)['message'])
}

function wholeAnthropic(heard: Heard, answer: JsonObject): void {
  for (const block of objectsOf(answer['content'])) {
    heard.reasoning += textOf(block['thinking'])
    hearText(heard, block['text'])
    if (block['type'] === 'tool_use')
      heard.toolCalls.push({ id: textOf(block['id']), name: textOf(block['name']), arguments: JSON.stringify(block['input']) })
  }
  heard.finish = textOf(answer['stop_reason'])
  heard.usage = objectOf(answer['usage'])
}

function wholeCohere(heard: Heard, answer: JsonObject): void {
  const message = objectOf(answer['message'])
  heard.reasoning = textOf(message['tool_plan'])
  for (const part of objectsOf(message['content'])) {
    heard.reasoning += textOf(part['thinking'])
    hearText(heard, part['text'])
  }
  heard.toolCalls = objectsOf(message['tool_calls']).map((call) => {
    const { name, arguments: json } = objectOf(call['function'])
    return { id: textOf(call['id']), name: textOf(name), arguments: textOf(json) }
  })
  heard.finish = textOf(answer['finish_reason'])
  heard.usage = objectOf(answer['usage'])
}

function cohereEvent(heard: Heard, { type, delta, index }: JsonObject): void {
  const { content, tool_plan: plan, tool_calls: call } = objectOf(objectOf(delta)['message'])
  heard.reasoning += textOf(plan) + textOf(objectOf(content)['thinking'])
  hearText(heard, objectOf(content)['text'])
  const { name, arguments: json } = objectOf(objectOf(call)['function'])
  if (type === 'tool-call-start')
    heard.toolCalls[numberOf(index) ?? -1] = { id: textOf(objectOf(call)['id']), name: textOf(name), arguments: '' }
  const known = heard.toolCalls[numberOf(index) ?? -1]
  if (type === 'tool-call-delta' && known !== undefined) known.arguments += textOf(json)
  if (type !== 'message-end') return
  const { finish_reason: finish, usage, error } = objectOf(delta)
  heard.finish = textOf(finish)
  if (typeof error === 'string') heard.error = error
  else heard.complete = true
  if (usage !== undefined) heard.usage = objectOf(usage)
}

function ollamaLine(heard: Heard, line: JsonObject): void {
  const { content, thinking, tool_calls: calls } = objectOf(line['message'])
  heard.reasoning += textOf(thinking)
  hearText(heard, content)
  for (const call of objectsOf(calls)) {
    const { name, arguments: value } = objectOf(call['function'])
    heard.toolCalls.push({ id: textOf(call['id']), name: textOf(name), arguments: JSON.stringify(value) })
  }
  if (line['error'] !== undefined) heard.error = textOf(line['error'])
  if (line['done'] !== true) return
  heard.complete = true
  heard.finish = textOf(line['done_reason'])
  const { prompt_eval_count, eval_count } = line
  heard.usage = { prompt_eval_count, eval_count }
}

function geminiFrame(heard: Heard, frame: JsonObject): void {
  const [candidate] = objectsOf(frame['candidates'])
  for (const part of objectsOf(objectOf(candidate?.['content'])['parts'])) {
    if (part['thought'] === true) heard.reasoning += textOf(part['text'])
    else hearText(heard, part['text'])
    const { id, name, args } = objectOf(part['functionCall'])
    if (name !== undefined) heard.toolCalls.push({ id: textOf(id), name: textOf(name), arguments: JSON.stringify(args ?? {}) })
  }
  if (frame['error'] !== undefined) heard.error = textOf(objectOf(frame['error'])['message'])
  if (frame['usageMetadata'] !== undefined) heard.usage = objectOf(frame['usageMetadata'])
  const blocked = objectOf(frame['promptFeedback'])['blockReason']
  heard.finish = textOf(candidate?.['finishReason'] ?? blocked) || undefined
  heard.complete = heard.finish !== undefined
}

const READERS: Readonly<Record<WireName, (heard: Heard, event: JsonObject | undefined) => void>> = {
  openai: (heard, event) => {
    if (event === undefined) heard.complete = true
    else openaiChoice(heard, event, 'delta')
    if (event?.['error'] !== undefined) heard.error = textOf(objectOf(event['error'])['message'])
  },
  ollama: (heard, event) => ollamaLine(heard, objectOf(event)),
  anthropic: (heard, event) => anthropicEvent(heard, objectOf(event)),
  gemini: (heard, event) => geminiFrame(heard, objectOf(event)),
  cohere: (heard, event) => cohereEvent(heard, objectOf(event)),
}
