import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { callOf } from './fixtures/compiled.ts'
import { Resumption } from './resumption.ts'

function start(more: object = {}): Resumption {
  const resumption = Resumption.of(callOf({ model: 'm', messages: [], stream: true, ...more }))
  if (resumption === undefined) throw new Error('Expected an answer that can be resumed')
  return resumption
}

const event = (delta: object, more: object = {}, id = 'first') =>
  Buffer.from(`data: ${JSON.stringify({ id, model: 'x', choices: [{ index: 0, delta, finish_reason: null, ...more }] })}\n\n`)

/** What of the events reaches the client: its text, and the ids. */
function pass(resumption: Resumption, events: readonly Buffer[]): { text: string; ids: string[] } {
  let text = ''
  const ids = new Set<string>()
  for (const one of events) {
    const passed = resumption.pass(one)?.toString()
    if (passed === undefined) continue
    if (passed === 'another') return { text: 'another', ids: [] }
    ids.add(/"id":"(\w+)"/.exec(passed)?.[1] ?? '')
    text += /"content":"((?:[^"\\]|\\.)*)"/.exec(passed)?.[1] ?? ''
  }
  return { text, ids: [...ids] }
}

const cut = (text: string, at: readonly number[]) => {
  const places = [0, ...at.map((place) => place % (text.length + 1)).toSorted((a, b) => a - b), text.length]
  return places.slice(1).map((place, index) => text.slice(places[index], place))
}

describe('an answer that is asked for anew', () => {
  it('passes on what follows the text already sent, however both are cut', () => {
    const cuts = fc.array(fc.nat(40), { maxLength: 6 })
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z ]{1,40}$/), fc.nat(40), cuts, cuts, (text, broken, first, second) => {
        const resumption = start()
        const sent = text.slice(0, broken % (text.length + 1))
        const before = pass(
          resumption,
          cut(sent, first).map((content) => event({ content })),
        )
        resumption.restart('anew')
        const after = pass(resumption, [
          event({ role: 'assistant', content: '' }, {}, 'second'),
          ...cut(text, second).map((content) => event({ content }, {}, 'second')),
          event({}, { finish_reason: 'stop' }, 'second'),
        ])
        expect(before.text + after.text).toBe(text)
        expect(new Set([...before.ids, ...after.ids])).toEqual(new Set(['first']))
      }),
      { numRuns: 200 },
    )
  })

  it('joins reasoning as well as text', () => {
    const resumption = start()
    pass(resumption, [event({ reasoning_content: 'Let me' }), event({ reasoning_content: ' see' })])
    resumption.restart('anew')
    expect(resumption.pass(event({ reasoning_content: 'Let me s' }))).toBeUndefined()
    expect(resumption.pass(event({ reasoning_content: 'ee.' }))?.toString()).toContain('"reasoning_content":"."')
    expect(resumption.pass(event({ content: 'Yes' }))?.toString()).toContain('"content":"Yes"')
  })

  it.each([
    ['says something else', [event({ content: 'ab' }), event({ content: 'x' })]],
    ['is shorter', [event({ content: 'ab' }), event({}, { finish_reason: 'stop' })]],
    ['goes on to its text too early', [event({ reasoning_content: 't', content: 'x' })]],
    ['shows a picture', [event({ images: [{}] })]],
    ['calls a tool', [event({ tool_calls: [{ index: 0 }] })]],
  ])('is another one when it %s', (_, events) => {
    const resumption = start()
    pass(resumption, [event({ reasoning_content: 'th' }), event({ content: 'abc' })])
    resumption.restart('anew')
    pass(resumption, [event({ reasoning_content: _.includes('too early') ? '' : 'th' })])
    expect(pass(resumption, events).text).toBe('another')
  })
})

it.each([
  ['a tool call', event({ tool_calls: [{ index: 0 }] })],
  ['a refusal', event({ refusal: 'No' })],
  ['something that is no chunk', Buffer.from('data: what\n\n')],
])('what was begun with %s cannot be completed', (_, one) => {
  const resumption = start()
  expect(resumption.possible).toBe(true)
  expect(resumption.pass(one)).toBe(one)
  expect(resumption.possible).toBe(false)
})

it('tells about how much was sent', () => {
  const resumption = start()
  expect(resumption.usage()).toBeUndefined()
  pass(resumption, [event({ role: 'assistant', content: '' }), event({ content: 'a' }), event({ reasoning: 'b' })])
  expect(resumption.usage()).toEqual({ promptTokens: 0, completionTokens: 2, totalTokens: 2, estimated: true })
})

it.each([{ n: 2 }, { stream: false }, { logprobs: true }])('nothing is kept of a chat with %j', (more) => {
  expect(Resumption.of(callOf({ model: 'm', messages: [], stream: true, ...more }))).toBeUndefined()
})
