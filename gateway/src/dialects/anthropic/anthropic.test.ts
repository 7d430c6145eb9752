import { expect, it } from 'vitest'
import { GatewayError } from '../../errors/gateway-error.ts'
import { anthropicDialect } from './anthropic.ts'
import { contextOf } from './fixtures/context.ts'
import { messageFromEvents } from './fixtures/message-from-events.ts'
import { THINKING_THEN_CALL } from './fixtures/streams.ts'

it('speaks both ways', () => {
  expect(anthropicDialect.id).toBe('anthropic')
  const fields = { model: 'claude-x', max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] }
  expect(anthropicDialect.toCanonical(fields)).toEqual(fields)
  const answer = { choices: [{ index: 0, message: { content: 'Hello' }, finish_reason: 'stop' }] }
  expect(anthropicDialect.fromCanonical(answer, contextOf())['content']).toEqual([{ type: 'text', text: 'Hello' }])
  expect(anthropicDialect.errorBody(new GatewayError('overloaded', 'm'), 'r')['request_id']).toBe('r')
})

it("takes its own stream's message back as history", () => {
  const encoder = anthropicDialect.createStreamEncoder(contextOf())
  const bytes = Buffer.concat([...THINKING_THEN_CALL.map((chunk) => encoder.push(chunk)), encoder.end()])
  const { role, content } = messageFromEvents(bytes)
  expect(anthropicDialect.toCanonical({ model: 'm', max_tokens: 1, messages: [{ role, content }] })['messages']).toEqual([
    {
      role: 'assistant',
      content: null,
      reasoning_content: 'Let me see',
      tool_calls: [{ id: 'call_abc', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }],
    },
  ])
})
