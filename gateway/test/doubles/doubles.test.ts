import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/lib/json.ts'
import { hearStream, hearWhole } from './answer-reader.ts'
import { ANSWER, STREAMS } from './documented-streams.ts'
import { startDouble, type Reply, type WireName } from './double.ts'
import { exchange } from './exchange.ts'
import { parseObject } from './reading.ts'
import { REQUESTS } from './requests.ts'

const WIRES: readonly WireName[] = ['openai', 'ollama', 'anthropic', 'gemini', 'cohere']
const TEXT = 'Grüße aus Zürich: 世界 🌍, naïve'

async function start(wire: WireName, options: { split?: number; stream?: boolean } = {}) {
  const { stream = true, ...rest } = options
  const double = await startDouble(wire, rest)
  const { path, body, headers } = REQUESTS[wire]
  return {
    double,
    say: (reply: Reply, more: JsonObject = {}) => {
      double.reply(reply)
      return exchange(double.url + path(stream), { body: { ...body(stream), ...more }, headers })
    },
  }
}

const message = (more: Partial<Extract<Reply, { kind: 'message' }>>): Reply => ({
  kind: 'message',
  stop: 'end',
  usage: { input: 10, output: 8 },
  ...more,
})

/** Whichever way a wire counts ten tokens in, of them four cached, and eight out, of them three of reasoning. */
const USAGE: Readonly<Record<WireName, JsonObject>> = {
  openai: {
    prompt_tokens: 10,
    completion_tokens: 8,
    total_tokens: 18,
    prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 3, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  },
  ollama: { prompt_eval_count: 10, eval_count: 8 },
  anthropic: { input_tokens: 6, cache_creation_input_tokens: 0, cache_read_input_tokens: 4, output_tokens: 8, service_tier: 'standard' },
  gemini: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 18, cachedContentTokenCount: 4, thoughtsTokenCount: 3 },
  cohere: {
    billed_units: { input_tokens: 5, output_tokens: 4 },
    tokens: { input_tokens: 10, output_tokens: 8 },
    cached_tokens: 4,
  },
}

const FINISHES: Readonly<Record<WireName, Readonly<Record<Extract<Reply, { kind: 'message' }>['stop'], string>>>> = {
  openai: { end: 'stop', length: 'length', tools: 'tool_calls', 'stop-sequence': 'stop', refusal: 'content_filter' },
  ollama: { end: 'stop', length: 'length', tools: 'stop', 'stop-sequence': 'stop', refusal: 'stop' },
  anthropic: { end: 'end_turn', length: 'max_tokens', tools: 'tool_use', 'stop-sequence': 'stop_sequence', refusal: 'refusal' },
  gemini: { end: 'STOP', length: 'MAX_TOKENS', tools: 'STOP', 'stop-sequence': 'STOP', refusal: 'SAFETY' },
  cohere: { end: 'COMPLETE', length: 'MAX_TOKENS', tools: 'TOOL_CALL', 'stop-sequence': 'STOP_SEQUENCE', refusal: 'COMPLETE' },
}

const hasIds = (wire: WireName): boolean => wire !== 'ollama' && wire !== 'gemini'

const TYPES: Readonly<Record<WireName, readonly [streamed: string, whole: string]>> = {
  openai: ['text/event-stream; charset=utf-8', 'application/json'],
  ollama: ['application/x-ndjson', 'application/json; charset=utf-8'],
  anthropic: ['text/event-stream; charset=utf-8', 'application/json'],
  gemini: ['text/event-stream', 'application/json; charset=UTF-8'],
  cohere: ['text/event-stream', 'application/json'],
}

describe.each(WIRES)('the double of %s', (wire) => {
  it('streams the documented bytes', async () => {
    const { say } = await start(wire)
    const { status, headers, text, broken } = await say(ANSWER)
    expect(text).toBe(STREAMS[wire])
    expect({ status, type: headers['content-type'], broken }).toEqual({ status: 200, type: TYPES[wire][0], broken: undefined })
  })

  it('streams the same bytes one by one', async () => {
    const { say } = await start(wire, { split: 1 })
    const { text, chunks } = await say(ANSWER)
    expect(text).toBe(STREAMS[wire])
    expect(chunks.every(({ length }) => length === 1)).toBe(true)
  })

  it.each([undefined, 1, 7])('says a whole message, writes of %s bytes', async (split) => {
    const { say } = await start(wire, { stream: false, ...(split === undefined ? {} : { split }) })
    const { status, headers, text, chunks } = await say(ANSWER)
    expect(hearWhole(wire, text)).toMatchObject({
      reasoning: 'Hm',
      text: 'Grüße',
      toolCalls: [
        { id: hasIds(wire) ? 'call_1' : '', name: 'look', arguments: '{"a":"ü"}' },
        { id: hasIds(wire) ? 'call_2' : '', name: 'now', arguments: wire === 'cohere' ? 'null' : '{}' },
      ],
      finish: FINISHES[wire].tools,
      usage: USAGE[wire],
    })
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: TYPES[wire][1] })
    if (split === undefined) expect(headers['content-length']).toBe(String(Buffer.byteLength(text)))
    else expect(Math.max(...chunks.map(({ length }) => length))).toBe(split)
  })

  it('cuts text inside of words, never inside of characters', async () => {
    const { say } = await start(wire)
    const heard = hearStream(wire, (await say(message({ text: TEXT, reasoning: 'Ünser Plan' }))).text)
    expect(heard).toMatchObject({ text: TEXT, reasoning: 'Ünser Plan', complete: true, error: undefined, toolCalls: [] })
    expect(heard.pieces).toBe(12)
  })

  it.each(Object.entries(FINISHES[wire]))('ends with its own word for %s', async (stop, word) => {
    for (const stream of [true, false]) {
      const { say } = await start(wire, { stream })
      const { text } = await say(message({ text: 'x', stop: stop as keyof (typeof FINISHES)['openai'] }))
      expect((stream ? hearStream : hearWhole)(wire, text).finish).toBe(word)
    }
  })

  it('fails in a stream with its own error and no proper end; whole, with a status', async () => {
    const streamed = await start(wire)
    const { text, status, broken } = await streamed.say({ kind: 'error-in-stream', text: TEXT, message: 'the engine died' })
    expect({ status, broken }).toEqual({ status: 200, broken: undefined })
    expect(hearStream(wire, text)).toMatchObject({ text: TEXT, error: 'the engine died', complete: false })
    const whole = await start(wire, { stream: false })
    const answer = await whole.say({ kind: 'error-in-stream', text: TEXT, message: 'the engine died' })
    expect(answer.status).toBe(500)
    expect(answer.text).toContain('the engine died')
  })

  it.each(['eof', 'reset'] as const)('cuts a stream: %s', async (how) => {
    const { say } = await start(wire)
    const { text, broken } = await say({ kind: 'cut', text: TEXT, how })
    expect(hearStream(wire, text)).toMatchObject({ text: TEXT, complete: false, error: undefined, finish: undefined })
    expect(broken).toBe(how === 'eof' ? undefined : 'reset')
  })

  it.each(['eof', 'reset'] as const)('cuts a whole answer in the middle: %s', async (how) => {
    const { say } = await start(wire, { stream: false, split: 5 })
    const { text, headers, chunks, broken } = await say({ kind: 'cut', text: TEXT, how })
    expect(broken).toBe(how === 'eof' ? 'aborted' : 'reset')
    expect(parseObject(text)).toBeUndefined()
    expect(Buffer.concat(chunks).length).toBe(Math.floor(Number(headers['content-length']) / 2))
  })

  it('keeps what was asked, and answers `ok` until told otherwise', async () => {
    const double = await startDouble(wire)
    const { path, body, headers } = REQUESTS[wire]
    const { text } = await exchange(double.url + path(false), { body: body(false), headers: { ...headers, 'x-mine': '1' } })
    expect(hearWhole(wire, text).text).toBe('ok')
    expect(double.wire).toBe(wire)
    expect(double.requests).toEqual([{ path: path(false), headers: expect.objectContaining({ 'x-mine': '1' }), body: body(false) }])
  })

  it('keeps a reply for all that follow', async () => {
    const { say, double } = await start(wire)
    await say(message({ text: 'one' }))
    const { path, body, headers } = REQUESTS[wire]
    const { text } = await exchange(double.url + path(true), { body: body(true), headers })
    expect(hearStream(wire, text).text).toBe('one')
    expect(double.requests).toHaveLength(2)
  })
})
