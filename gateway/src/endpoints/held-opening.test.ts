import { describe, expect, it } from 'vitest'
import { createSseReader } from '../lib/sse-reader.ts'
import { heldOpening } from './held-opening.ts'
import { createCompletionTap } from './stream-tap.ts'

const event = (json: object) => `data: ${JSON.stringify(json)}\n\n`
const chunk = (delta: object, more: object = { finish_reason: null }) => event({ choices: [{ index: 0, delta, ...more }] })

function run(...texts: string[]) {
  const tap = heldOpening(createCompletionTap({ expectedChoices: 1, usageAsked: true, toolReasons: false }))
  return createSseReader(10_000)
    .push(Buffer.from(texts.join('')))
    .map((one) => tap.inspect(one))
    .map((verdict) => (Buffer.isBuffer(verdict) ? String(verdict) : verdict))
}

describe('heldOpening', () => {
  const role = chunk({ role: 'assistant', content: '', refusal: null })
  const text = chunk({ content: 'a' })

  it('gives what opens a stream together with the first of the answer, and then everything as it comes', () => {
    const filters = event({ choices: [], prompt_filter_results: [] })
    expect(run(filters, role, text, chunk({ role: 'assistant', content: '' }), text)).toEqual([
      'hide',
      'hide',
      filters + role + text,
      'pass',
      'pass',
    ])
    expect(run(text, role)).toEqual(['pass', 'pass'])
  })

  it.each([
    ['a reasoning', chunk({ role: 'assistant', reasoning_content: 'x' })],
    ['a tool call', chunk({ tool_calls: [{ index: 0 }] })],
    ['an end', chunk({}, { finish_reason: 'stop' })],
    ['the tokens', event({ choices: [], usage: { total_tokens: 1 } })],
    ['a piece of a text completion', event({ choices: [{ index: 0, text: 'a' }] })],
    [
      'a choice beside one that says nothing',
      event({
        choices: [
          { index: 0, delta: {} },
          { index: 1, delta: { content: 'a' } },
        ],
      }),
    ],
  ])('takes %s for the answer', (_what, first) => expect(run(role, first)).toEqual(['hide', role + first]))

  it.each([
    ['an empty reasoning', chunk({ reasoning_content: '' })],
    ['no tool calls', chunk({ role: 'assistant', content: null, tool_calls: [] })],
    ['an empty text completion', event({ choices: [{ index: 0, text: '' }] })],
  ])('takes %s for its opening', (_what, first) => expect(run(first)).toEqual(['hide']))

  it('leaves errors, the end and comments to whom they go', () => {
    expect(run(role, ': alive\n\n', event({ error: { message: 'm' } }))).toEqual(['hide', 'pass', 'error'])
    expect(run(role, 'data: [DONE]\n\n')).toEqual(['hide', 'done'])
  })
})
