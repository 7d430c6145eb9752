import { expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { THINKING_THEN_CALL } from '../anthropic/fixtures/streams.ts'
import { contextOf } from './fixtures/context.ts'
import { responseFromEvents } from './fixtures/response-from-events.ts'
import { responsesDialect } from './responses.ts'

it('speaks both ways', () => {
  expect(responsesDialect.id).toBe('responses')
  expect(responsesDialect.toCanonical({ model: 'm', input: 'Hi' })).toEqual({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] })
  const answer = { choices: [{ index: 0, message: { content: 'Hello' }, finish_reason: 'stop' }] }
  expect(responsesDialect.fromCanonical(answer, contextOf())['id']).toBe('resp_req-1')
  expect(responsesDialect.errorBody(new GatewayError('overloaded', 'm'), 'r')).toEqual({
    error: { message: 'm', type: 'service_unavailable_error', param: null, code: 'overloaded' },
  })
})

it("takes its own stream's output back as history", () => {
  const encoder = responsesDialect.createStreamEncoder(contextOf())
  const bytes = Buffer.concat([...THINKING_THEN_CALL.map((chunk) => encoder.push(chunk)), encoder.end()])
  expect(responsesDialect.toCanonical({ model: 'm', input: responseFromEvents(bytes)['output'] })['messages']).toEqual([
    {
      role: 'assistant',
      content: null,
      reasoning_content: 'Let me see',
      tool_calls: [{ id: 'call_abc', type: 'function', function: { name: 'get_weather', arguments: '{"city": "Oslo"}' } }],
    },
  ])
})

it('loses nothing of a message on the way to the client and back', () => {
  const extra = { extra_content: { google: { thought_signature: 's' } } }
  const message: JsonObject = {
    role: 'assistant',
    content: 'Hello',
    refusal: 'No',
    reasoning_content: 'a\n\nb',
    thinking_blocks: [
      { type: 'thinking', thinking: 'a', signature: 's1' },
      { type: 'thinking', thinking: 'b', signature: 's2' },
      { type: 'redacted_thinking', data: 'd' },
    ],
    tool_calls: [
      { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"x":1}' }, ...extra },
      { id: 'c2', type: 'function', function: { name: 'g', arguments: '{}' } },
    ],
    ...extra,
  }
  const { output } = responsesDialect.fromCanonical({ choices: [{ index: 0, message, finish_reason: 'tool_calls' }] }, contextOf())
  expect(responsesDialect.toCanonical({ input: output })['messages']).toEqual([message])
})
