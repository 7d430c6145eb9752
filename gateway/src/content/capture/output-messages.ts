import { isObject, listOf, objectsIn, parseJson, stringOf, type JsonObject } from '../../lib/json.ts'
import { messageOf } from './input-messages.ts'
import { textPart, type Message, type Part } from './message.ts'

/** An answer as it went to the client. */
export interface AnswerBytes {
  /** Of its content, as the header says. */
  readonly type: string
  readonly bytes: Buffer
}

/** What an answer says. Undefined where it can't be read, as when it was too long to be kept whole. */
export function outputMessages({ type, bytes }: AnswerBytes): readonly Message[] | undefined {
  if (type.includes('event-stream') || type.includes('ndjson')) return [streamed(bytes.toString())]
  if (type.startsWith('text/')) return [assistant([textPart(bytes.toString())])]
  if (!type.includes('json')) return [assistant([{ type: type.split('/')[0] ?? 'other' }])]
  const json = parseJson(bytes.toString())
  return isObject(json) ? wholeOf(json) : undefined
}

function wholeOf(answer: JsonObject): readonly Message[] {
  const choices = objectsIn(answer['choices'])
  if (choices.length > 0) return choices.map(choiceOf)
  // Anthropic's, Ollama's, and texts of transcriptions.
  const message = isObject(answer['message']) ? answer['message'] : answer
  const { parts } = messageOf({ role: 'assistant', content: message['content'] ?? message['text'] ?? message['response'] ?? '' })
  const pictures = listOf(answer['data']).flatMap((one): Part[] => (isObject(one) && !('embedding' in one) ? [{ type: 'image' }] : []))
  return [assistant([...parts, ...pictures])]
}

function choiceOf(choice: JsonObject): Message {
  const { parts } = isObject(choice['message']) ? messageOf(choice['message']) : { parts: [textPart(stringOf(choice['text']))] }
  return assistant(parts, choice['finish_reason'])
}

function assistant(parts: readonly Part[], reason?: unknown): Message {
  return { role: 'assistant', parts, ...(typeof reason === 'string' ? { finish_reason: reason } : {}) }
}

/** Texts of all events, put together; of several choices one after the other as they came. */
function streamed(text: string): Message {
  const said = { text: '', reasoning: '', calls: '' }
  let reason: unknown
  for (const line of text.split('\n')) {
    const json = parseJson(line.startsWith('data:') ? line.slice('data:'.length) : line)
    if (!isObject(json)) continue
    for (const piece of piecesOf(json)) {
      said.text += stringOf(piece['content']) + stringOf(piece['text']) + stringOf(piece['response'])
      said.reasoning += stringOf(piece['reasoning_content']) + stringOf(piece['reasoning']) + stringOf(piece['thinking'])
      said.calls += objectsIn(piece['tool_calls'])
        .map(({ function: called }) => (isObject(called) ? stringOf(called['name']) + stringOf(called['arguments']) : ''))
        .join('')
      said.calls += stringOf(piece['partial_json'])
    }
    reason = objectsIn(json['choices'])[0]?.['finish_reason'] ?? json['done_reason'] ?? reason
  }
  const parts = [
    ...(said.reasoning === '' ? [] : [textPart(said.reasoning, 'reasoning')]),
    ...(said.text === '' ? [] : [textPart(said.text)]),
    ...(said.calls === '' ? [] : [textPart(said.calls, 'tool_call')]),
  ]
  return assistant(parts, reason)
}

/** Where OpenAI's, Anthropic's and Ollama's events have their texts. */
function piecesOf(event: JsonObject): readonly JsonObject[] {
  const choices = objectsIn(event['choices'])
  if (choices.length > 0) return choices.map((choice) => (isObject(choice['delta']) ? choice['delta'] : choice))
  if (isObject(event['delta'])) return [event['delta']]
  return [isObject(event['message']) ? event['message'] : event]
}
