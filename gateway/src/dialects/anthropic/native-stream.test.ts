import { describe, expect, it } from 'vitest'
import { createSseReader } from '../../lib/sse-reader.ts'
import { createMessagesTap, messagesUsage } from './native-stream.ts'

const event = (type: string, more: object = {}) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`

function run(...texts: string[]) {
  const tap = createMessagesTap()
  const verdicts = createSseReader(10_000)
    .push(Buffer.from(texts.join('')))
    .map((one) => tap.inspect(one))
  return { tap, verdicts: verdicts.map((verdict) => (Buffer.isBuffer(verdict) ? String(verdict) : verdict)) }
}

describe('createMessagesTap', () => {
  const start = event('message_start', { message: { usage: { input_tokens: 2, output_tokens: 1 } } })
  const block = event('content_block_start')
  const delta = event('content_block_delta')

  it('holds what opens the stream until there is something of the answer', () => {
    const { tap, verdicts } = run(start, event('ping'), block, delta, event('ping'), block)
    expect(verdicts).toEqual(['hide', 'hide', 'hide', start + event('ping') + block + delta, 'pass', 'pass'])
    expect([tap.complete(), tap.pieces()]).toEqual([false, 3])
  })

  it('gives an answer without content, too', () => {
    const last = event('message_delta', { usage: { output_tokens: 4 } })
    const { tap, verdicts } = run(start, last, event('message_stop'))
    expect([verdicts, tap.complete()]).toEqual([['hide', start + last, 'pass'], true])
    expect(tap.usage()).toEqual({ promptTokens: 2, completionTokens: 4, totalTokens: 6 })
  })

  it('sees an error', () => {
    const { tap, verdicts } = run(start, event('error', { error: {} }))
    expect([verdicts, String(tap.errorBody())]).toEqual([['hide', 'error'], '{"type":"error","error":{}}'])
  })
})

it('the cached part of a prompt is part of it', () => {
  const usage = { input_tokens: 1, cache_read_input_tokens: 2, cache_creation_input_tokens: 4, output_tokens: 8 }
  expect(messagesUsage({ usage })).toEqual({ cachedPromptTokens: 2, promptTokens: 7, completionTokens: 8, totalTokens: 15 })
  expect([messagesUsage({}), messagesUsage('x')]).toEqual([undefined, undefined])
})
