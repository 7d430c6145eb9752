import { isObject, type JsonObject } from '../lib/json.ts'

/**
 * A whole chat completion -> the events that a client which asked for a stream expects, for backends that answer a
 * stream request with plain JSON (openai-node would see no chunk at all and no error).
 */
export function completionToEvents(answer: JsonObject, usageAsked: boolean): Buffer {
  const { choices, usage, object, ...envelope } = answer
  const chunk = { ...envelope, object: object === 'chat.completion' ? 'chat.completion.chunk' : object }
  const list = (Array.isArray(choices) ? choices : []).filter(isObject)
  const events: JsonObject[] = list.flatMap((choice, index) => {
    const { message, finish_reason: reason, ...rest } = choice
    const piece = isObject(message) ? { delta: withToolIndexes(message) } : {}
    return [
      { ...chunk, choices: [{ index, ...rest, ...piece, finish_reason: null }] },
      { ...chunk, choices: [{ index, ...(isObject(message) ? { delta: {} } : { text: '' }), finish_reason: reason ?? 'stop' }] },
    ]
  })
  if (usageAsked && isObject(usage)) events.push({ ...chunk, choices: [], usage })
  return Buffer.from(`${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`)
}

function withToolIndexes(message: JsonObject): JsonObject {
  const calls = message['tool_calls']
  if (!Array.isArray(calls)) return message
  return { ...message, tool_calls: calls.map((call: unknown, index) => (isObject(call) ? { index, ...call } : call)) }
}
