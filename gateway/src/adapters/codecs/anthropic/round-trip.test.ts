import { expect, it } from 'vitest'
import { anthropicCodec } from './anthropic.ts'
import { callOf, choicesOf, contextOf, deltasOf, HELLO, piecesOf, WEATHER } from './fixtures/calls.ts'
import { MESSAGE, STREAM } from './fixtures/documented.ts'
import { isObject, type JsonObject } from '../../../lib/json.ts'
import { createMessageDecoder } from './decode-stream.ts'

const result = { role: 'tool', tool_call_id: 'toolu_01', content: 'sunny' }

/** What the backend gets when a client sends its answer back with the result of the call. */
function replayed(message: unknown): unknown {
  const fields = { messages: [...HELLO, message, result], tools: [WEATHER], reasoning_effort: 'low' }
  return anthropicCodec.encode(callOf(fields)).body
}

const EXPECTED = {
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Let me', signature: 'EqQB' },
        { type: 'text', text: 'Hi' },
        { type: 'tool_use', id: 'toolu_01', name: 'get_weather', input: { city: 'Oslo' } },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_01', content: [{ type: 'text', text: 'sunny' }] }] },
  ],
  // With its thinking back, the model may think on in the loop.
  thinking: { type: 'enabled', budget_tokens: 6400 },
}

it('brings a whole message back as it came, signature included', () => {
  const message = choicesOf(anthropicCodec.decode(MESSAGE, contextOf()))[0]?.['message']
  expect(replayed(message)).toMatchObject(EXPECTED)
})

it('brings a streamed message back as it came', () => {
  const deltas = deltasOf(piecesOf(createMessageDecoder(contextOf()), Buffer.from(STREAM))).filter(isObject)
  const join = (key: string) => deltas.map((delta) => delta[key] ?? '').join('')
  const calls = deltas.flatMap((delta): JsonObject[] => (Array.isArray(delta['tool_calls']) ? delta['tool_calls'] : []))
  const functions = calls.map((call) => (isObject(call['function']) ? call['function'] : {}))
  const args = functions.map((part) => part['arguments']).join('')
  const message = {
    role: 'assistant',
    content: join('content'),
    reasoning_content: join('reasoning_content'),
    thinking_blocks: deltas.flatMap((delta) => delta['thinking_blocks'] ?? []),
    tool_calls: [{ ...calls[0], function: { ...functions[0], arguments: args } }],
  }
  expect(replayed(message)).toMatchObject(EXPECTED)
})
