import { expect, it } from 'vitest'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { contextOf, MODEL } from './fixtures/context.ts'
import { THINKING_TEXT_CALL } from './fixtures/streams.ts'
import { ollamaChatDialect } from './ollama-chat.ts'
import { ollamaGenerateDialect } from './ollama-generate.ts'

it('speaks both ways', () => {
  expect([ollamaChatDialect.id, ollamaGenerateDialect.id]).toEqual(['ollama-chat', 'ollama-generate'])
  const messages = [{ role: 'user', content: 'Hi' }]
  expect(ollamaChatDialect.toCanonical({ model: MODEL, messages, stream: false })).toEqual({ model: MODEL, messages })
  expect(ollamaGenerateDialect.toCanonical({ model: MODEL, prompt: 'Hi', stream: false })).toEqual({ model: MODEL, messages })
  for (const { errorBody } of [ollamaChatDialect, ollamaGenerateDialect])
    expect(errorBody(new GatewayError('overloaded', 'Too much'), 'r')).toEqual({ error: 'Too much' })
})

it('takes the messages of its own stream back as history, with or without their ids', () => {
  const encoder = ollamaChatDialect.createStreamEncoder(contextOf())
  const stream = Buffer.concat([...THINKING_TEXT_CALL.map((chunk) => encoder.push(chunk)), encoder.end()]).toString()
  const lines = stream.trimEnd().split('\n')
  const said = lines.map((line): JsonObject => JSON.parse(line)).map(({ message }) => (isObject(message) ? message : {}))
  const joined = (key: string) => said.map((message) => message[key] ?? '').join('')
  const [call] = said.flatMap(({ tool_calls: calls }): unknown[] => (Array.isArray(calls) ? calls : []))
  const { id, ...withoutId } = isObject(call) ? call : {}
  const history = (toolCall: JsonObject) =>
    ollamaChatDialect.toCanonical({
      messages: [
        { role: 'assistant', content: joined('content'), thinking: joined('thinking'), tool_calls: [toolCall] },
        { role: 'tool', tool_name: 'get_weather', content: '3 C' },
      ],
    })['messages']
  const expected = (callId: string) => [
    {
      role: 'assistant',
      content: 'It is',
      reasoning_content: 'The user',
      tool_calls: [{ id: callId, type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }],
    },
    { role: 'tool', tool_call_id: callId, content: '3 C' },
  ]
  expect(history({ id, ...withoutId })).toEqual(expected('call_k3j2h1g0'))
  expect(history(withoutId)).toEqual(expected('call_0_0'))
})
