import { describe, expect, it } from 'vitest'
import { createSseReader } from '../lib/sse-reader.ts'
import { createCompletionTap, createEventTap, type StreamTap } from './stream-tap.ts'

function run(tap: StreamTap, text: string) {
  return createSseReader(1_000_000)
    .push(Buffer.from(text))
    .map((event) => tap.inspect(event))
}

const chunk = (more: object) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: 'x' }, finish_reason: null }], ...more })}\n\n`
const finish = (reason: string | null, index = 0) => chunk({ choices: [{ index, delta: {}, finish_reason: reason }] })
const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }
const counted = { promptTokens: 3, completionTokens: 4, totalTokens: 7 }
const DONE = 'data: [DONE] \n\n'
const tapOf = (options: Partial<Parameters<typeof createCompletionTap>[0]> = {}) =>
  createCompletionTap({ expectedChoices: 1, usageAsked: false, toolReasons: true, ...options })

describe('createCompletionTap', () => {
  it('passes chunks, hides the usage chunk from a client that did not ask, and knows the end', () => {
    const tap = tapOf()
    expect(run(tap, chunk({}) + finish('stop') + chunk({ choices: [], usage }) + DONE)).toEqual(['pass', 'pass', 'hide', 'done'])
    expect([tap.complete(), tap.usage(), tap.trailer(), tap.pieces()]).toEqual([true, counted, undefined, 2])
  })

  it('shows the usage chunk to a client that asked, and makes it when usage came on a choice', () => {
    const own = tapOf({ usageAsked: true })
    expect(run(own, finish('stop') + chunk({ choices: [], usage }) + DONE)).toEqual(['pass', 'pass', 'done'])
    expect(own.trailer()).toBeUndefined()
    const merged = tapOf({ usageAsked: true })
    run(merged, chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage }) + DONE)
    expect(merged.trailer()?.toString()).toBe(
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [], usage })}\n\n`,
    )
  })

  it('keeps the last of running counts', () => {
    const tap = tapOf()
    run(tap, chunk({ usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 } }) + chunk({ usage }))
    expect(tap.usage()).toEqual(counted)
  })

  it('is complete without [DONE] only when every choice has finished', () => {
    const one = tapOf({ expectedChoices: 2 })
    run(one, chunk({}) + finish('stop', 0))
    expect(one.complete()).toBe(false)
    run(one, finish('length', 1))
    expect(one.complete()).toBe(true)
    const none = tapOf()
    run(none, chunk({}) + finish(null))
    expect(none.complete()).toBe(false)
  })

  it.each([
    ['an object', 'data: {"error":{"message":"m"}}\n\n'],
    ['a string', 'data: {"error": "m"}\n\n'],
    ['beside choices', 'data: {"choices":[],"error":{"code":502}}\n\n'],
    ["llama.cpp's field", 'error: {"code":500,"message":"m"}\n\n'],
    ['a failed finish', finish('abort')],
    ['a cut object', 'data: {"id":"c","choices":[{"index":0,\n\n'],
    ['text', 'data: oops\n\n'],
  ])('sees an error: %s', (_name, text) => {
    expect(run(tapOf(), text)).toEqual(['error'])
  })

  it.each([
    ['error null', chunk({ error: null })],
    [
      'the words inside of content',
      chunk({ choices: [{ index: 0, delta: { content: '"error": {"finish_reason": "stop"} "usage": {' }, finish_reason: null }] }),
    ],
    ['a comment', ': keep-alive\n\n'],
  ])('is not fooled by %s', (_name, text) => {
    const tap = tapOf()
    expect(run(tap, text)).toEqual(['pass'])
    expect(tap.complete()).toBe(false)
  })

  const calling = (index = 0) =>
    chunk({ choices: [{ index, delta: { tool_calls: [{ index: 0, function: { arguments: '' } }] }, finish_reason: null }] })
  const shown = (verdicts: readonly unknown[]) => verdicts.map((verdict) => (Buffer.isBuffer(verdict) ? verdict.toString() : verdict))

  it('says tool_calls where tools were called and the backend says stop, also in the event of the call, without usage nobody asked for', () => {
    expect(shown(run(tapOf(), calling() + finish('stop')))).toEqual(['pass', finish('tool_calls')])
    expect(shown(run(tapOf(), calling() + finish('function_call')))).toEqual(['pass', finish('tool_calls')])
    const whole = (reason: string, more: object = {}) =>
      chunk({ choices: [{ index: 0, delta: { tool_calls: [{ index: 0 }] }, finish_reason: reason }], ...more })
    expect(shown(run(tapOf(), whole('stop', { usage })))).toEqual([whole('tool_calls')])
    expect(shown(run(tapOf({ usageAsked: true }), whole('stop', { usage })))).toEqual([whole('tool_calls', { usage })])
  })

  it.each([
    ['tool_calls already', calling() + finish('tool_calls')],
    ['length: what was cut is no call', calling() + finish('length')],
    ['no tools', chunk({ choices: [{ index: 0, delta: { content: 'x', tool_calls: [] }, finish_reason: null }] }) + finish('stop')],
  ])('lets the reason stand: %s', (_name, text) => {
    expect(run(tapOf(), text)).toEqual(['pass', 'pass'])
  })

  it('lets the reason stand where it is told to', () => {
    expect(run(tapOf({ toolReasons: false }), calling() + finish('stop'))).toEqual(['pass', 'pass'])
  })

  it('tells the choices apart that called tools', () => {
    const tap = tapOf({ expectedChoices: 2 })
    expect(shown(run(tap, calling(1) + finish('stop', 0) + finish('stop', 1)))).toEqual(['pass', 'pass', finish('tool_calls', 1)])
    expect(tap.complete()).toBe(true)
  })

  it.each([
    ['MiniMax’s code in the last chunk', chunk({ base_resp: { status_code: 1_002, status_msg: 'm' } }), 'error'],
    ['and its 0', chunk({ base_resp: { status_code: 0, status_msg: '' } }), 'pass'],
    ['Groq’s word that it stopped early', chunk({ x_groq: { id: 'r', error: 'over_capacity' } }), 'error'],
  ])('sees %s', (_name, text, verdict) => {
    expect(run(tapOf(), text)).toEqual([verdict])
  })

  it('hides frames that are no chunks', () => {
    expect(run(tapOf(), 'event: x\n\ndata:\n\ndata: {"mcp":1}\n\n')).toEqual(['hide', 'hide', 'hide'])
  })
})

describe('createEventTap', () => {
  it('knows the last event of speech, transcription and images', () => {
    const tap = createEventTap()
    expect(run(tap, 'event: transcript.text.delta\ndata: {"type":"transcript.text.delta","delta":"a"}\n\n')).toEqual(['pass'])
    expect(tap.complete()).toBe(false)
    run(tap, 'data: {"type":"transcript.text.done","text":"a","usage":{"input_tokens":3,"output_tokens":4,"total_tokens":7}}\n\n')
    expect([tap.complete(), tap.usage()]).toEqual([true, counted])
  })

  it('sees errors', () => {
    expect(run(createEventTap(), 'event: error\ndata: {"x":1}\n\n')).toEqual(['error'])
    expect(run(createEventTap(), 'data: {"type":"error","error":{"message":"m"}}\n\n')).toEqual(['error'])
  })
})
