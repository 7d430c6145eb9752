import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { fromCanonical } from './answer.ts'
import { contextOf } from './fixtures/context.ts'
import { messageFromEvents } from './fixtures/message-from-events.ts'
import { chunkOf, THINKING_THEN_CALL, THINKING_THEN_CALL_EVENTS, TOOL_STREAMS, toolDelta, usageChunk } from './fixtures/streams.ts'
import { createStreamEncoder } from './stream-encoder.ts'
import { PLACEHOLDER_SIGNATURE } from './thinking.ts'

const encode = (chunks: readonly JsonObject[], fields: JsonObject = {}): Buffer => {
  const encoder = createStreamEncoder(contextOf(fields))
  return Buffer.concat([...chunks.map((chunk) => encoder.push(chunk)), encoder.end()])
}
const messageOf = (chunks: readonly JsonObject[], fields: JsonObject = {}) => messageFromEvents(encode(chunks, fields))
const contentOf = (deltas: readonly JsonObject[], fields: JsonObject = {}) =>
  messageOf([...deltas.map((delta) => chunkOf(delta)), chunkOf({}, 'stop')], fields)['content']
const typesOf = (bytes: Buffer) => [...bytes.toString().matchAll(/^event: (.*)$/gm)].map((match) => match[1])
const thinking = (text: string, signature = PLACEHOLDER_SIGNATURE) => ({ type: 'thinking', thinking: text, signature })
const text = (value: string) => ({ type: 'text', text: value })

describe('a stream', () => {
  it('is framed as Anthropic frames it', () => {
    expect(encode(THINKING_THEN_CALL).toString()).toBe(THINKING_THEN_CALL_EVENTS)
  })

  it('is sent as it comes', () => {
    const encoder = createStreamEncoder(contextOf())
    expect(encoder.contentType).toBe('text/event-stream; charset=utf-8')
    const types = THINKING_THEN_CALL.map((chunk) => typesOf(encoder.push(chunk)))
    expect(types).toEqual([
      ['message_start'],
      ['content_block_start', 'content_block_delta'],
      ['content_block_delta'],
      ['content_block_delta', 'content_block_stop', 'content_block_start'],
      ['content_block_delta'],
      ['content_block_delta'],
      [],
      [],
    ])
    expect(typesOf(encoder.end())).toEqual(['content_block_stop', 'message_delta', 'message_stop'])
  })

  it('starts with a chunk that has no choices, and takes choices without an index', () => {
    const encoder = createStreamEncoder(contextOf())
    expect(typesOf(encoder.push({ prompt_filter_results: [], choices: [] }))).toEqual(['message_start'])
    expect(typesOf(encoder.push({ choices: [{ delta: { content: 'a' } }] }))).toEqual(['content_block_start', 'content_block_delta'])
    expect(typesOf(encoder.push({ choices: [{ index: 1, delta: { content: 'b' } }] }))).toEqual([])
    expect(typesOf(encoder.push({ choices: [{ index: 0 }] }))).toEqual([])
  })

  it('has no content where nothing was said', () => {
    expect(
      contentOf([
        { role: 'assistant', content: '' },
        { content: null, reasoning_content: '' },
      ]),
    ).toEqual([])
  })

  it('pings at any time before its end', () => {
    const encoder = createStreamEncoder(contextOf())
    const ping = 'event: ping\ndata: {"type":"ping"}\n\n'
    expect(encoder.heartbeat().toString()).toBe(ping)
    encoder.push(chunkOf({ content: 'a' }, 'stop'))
    expect(encoder.heartbeat().toString()).toBe(ping)
    encoder.end()
    expect(encoder.heartbeat()).toHaveLength(0)
  })
})

describe('thinking in a stream', () => {
  it.each([
    ['reasoning', [{ reasoning: 'a' }, { reasoning: 'b' }]],
    ['one of two fields that say the same', [{ reasoning: 'ab', reasoning_content: 'ab' }]],
    ['reasoning_details', [{ reasoning_details: [{ text: 'a' }, { summary: 'b' }] }]],
    ['a thinking part', [{ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'ab' }] }] }]],
    ['a thinking part that is a string', [{ content: [{ type: 'thinking', thinking: 'ab' }] }]],
    ['unsigned blocks', [{ thinking_blocks: [{ type: 'thinking', thinking: 'ab' }] }]],
  ])('%s', (_name, deltas) => expect(contentOf(deltas)).toEqual([thinking('ab')]))

  it('comes before the text of one delta, and again after it', () => {
    const deltas = [{ content: 'x', reasoning_content: 'a' }, { reasoning_content: 'b' }, { content: [{ type: 'text', text: 'y' }] }]
    expect(contentOf(deltas)).toEqual([thinking('a'), text('x'), thinking('b'), text('y')])
  })

  it('keeps a signature, which comes with the whole text again', () => {
    const deltas = [
      { reasoning_content: 'a' },
      { reasoning_content: 'b' },
      { thinking_blocks: [{ type: 'thinking', thinking: 'ab', signature: 'sig1' }] },
      { reasoning_content: 'c' },
      { thinking_blocks: [{ type: 'thinking', thinking: 'c', signature: 'sig2' }] },
      { content: 'x' },
    ]
    expect(contentOf(deltas)).toEqual([thinking('ab', 'sig1'), thinking('c', 'sig2'), text('x')])
  })

  it('takes blocks alone, a signature in pieces or without a text, and redacted blocks', () => {
    const deltas = [
      {
        thinking_blocks: [
          { type: 'thinking', thinking: 'a' },
          { type: 'thinking', signature: 'si' },
        ],
      },
      { thinking_blocks: [{ type: 'thinking', signature: 'g1' }] },
      { thinking_blocks: [{ type: 'redacted_thinking', data: 'secret' }] },
      { thinking_blocks: [{ type: 'thinking', thinking: '', signature: 'sig2' }] },
    ]
    expect(contentOf(deltas)).toEqual([thinking('a', 'sig1'), { type: 'redacted_thinking', data: 'secret' }, thinking('', 'sig2')])
  })

  it('leaves the text out where the client asked so', () => {
    const fields = { thinking: { type: 'adaptive', display: 'omitted' } }
    expect(contentOf([{ reasoning_content: 'a' }, { content: 'x' }], fields)).toEqual([thinking(''), text('x')])
  })

  it('is left out where the client has switched it off', () => {
    const fields = { thinking: { type: 'disabled' } }
    const deltas = [{ reasoning_content: 'a' }, { thinking_blocks: [{ type: 'redacted_thinking', data: 's' }], content: 'x' }]
    expect(contentOf(deltas, fields)).toEqual([text('x')])
  })
})

describe('tool calls in a stream', () => {
  const calls = [
    { type: 'tool_use', id: 'a', name: 'get_weather', input: { city: 'Oslo' } },
    { type: 'tool_use', id: 'b', name: 'get_time', input: {} },
  ]

  it.each(Object.entries(TOOL_STREAMS))('%s', (_name, deltas) => {
    const message = messageOf([...deltas.map((delta) => chunkOf(delta)), chunkOf({}, 'stop')])
    expect(message['content']).toEqual(calls)
    expect(message['stop_reason']).toBe('tool_use')
  })

  it('get ids and a function_call too where the backend gives none', () => {
    const deltas = [{ function_call: { name: 'f', arguments: '{}' } }, toolDelta({ index: 1, function: { name: 'g', arguments: '{}' } })]
    expect(contentOf(deltas)).toEqual([
      { type: 'tool_use', id: 'toolu_req-1_0', name: 'f', input: {} },
      { type: 'tool_use', id: 'toolu_req-1_1', name: 'g', input: {} },
    ])
  })

  it('hold text back until they are complete', () => {
    const deltas = [
      toolDelta({ index: 0, id: 'a', function: { name: 'f', arguments: '{"x":{}' } }),
      { content: 'later' },
      toolDelta({ index: 0, function: { arguments: '}' } }),
      { content: ' on' },
    ]
    expect(contentOf(deltas)).toEqual([{ type: 'tool_use', id: 'a', name: 'f', input: { x: {} } }, text('later on')])
    const encoder = createStreamEncoder(contextOf())
    expect(deltas.map((delta) => typesOf(encoder.push(chunkOf(delta))))).toEqual([
      ['message_start', 'content_block_start', 'content_block_delta'],
      [],
      ['content_block_delta', 'content_block_stop', 'content_block_start', 'content_block_delta'],
      ['content_block_delta'],
    ])
  })

  it('open when their name has come', () => {
    const encoder = createStreamEncoder(contextOf())
    expect(typesOf(encoder.push(chunkOf(toolDelta({ index: 0, id: 'a' }))))).toEqual(['message_start'])
    expect(encoder.push(chunkOf(toolDelta({ index: 0, function: { name: 'f' } }))).toString()).toBe(
      'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"f","input":{}}}\n\n',
    )
  })

  it.each([
    ['are no JSON', { name: 'f', arguments: '{"a":' }],
    ['are no object', { name: 'f', arguments: '[1]' }],
    ['go on after their end', { name: 'f', arguments: '{} }' }],
    ['belong to no name', { arguments: '{}' }],
  ])('fail the stream when their arguments %s', (_name, called) => {
    const encoder = createStreamEncoder(contextOf())
    encoder.push(chunkOf(toolDelta({ index: 0, id: 'a', function: called }), 'tool_calls'))
    expect(encoder.end().toString()).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"The model called a tool in a way that makes no sense","details":{"error_code":"upstream_protocol_error"}}}\n\n',
    )
    expect(encoder.end()).toHaveLength(0)
  })

  it('may be cut by the length of the answer', () => {
    const chunks = [chunkOf(toolDelta({ index: 0, id: 'a', function: { name: 'f', arguments: '{"a":' } })), chunkOf({}, 'length')]
    const bytes = encode(chunks)
    expect(typesOf(bytes)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
    expect(bytes.toString()).toContain('"stop_reason":"max_tokens"')
    expect(contentWithout(toolDelta({ index: 0, id: 'a' }))).toEqual([])
  })

  function contentWithout(delta: JsonObject): unknown {
    return messageOf([chunkOf(delta), chunkOf({}, 'length')])['content']
  }
})

describe('the end of a stream', () => {
  it('tells the last usage that came', () => {
    const first = {
      ...chunkOf({ content: 'a' }),
      usage: { prompt_tokens: 5, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 2 } },
    }
    const last = { ...chunkOf({}, 'stop'), usage: { prompt_tokens: 5, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 2 } } }
    const bytes = encode([first, last, { choices: [], usage: null }])
    const counts = (output: number) =>
      `"usage":{"input_tokens":3,"output_tokens":${output},"cache_creation_input_tokens":0,"cache_read_input_tokens":2}`
    expect(bytes.toString().split('\n\n')[0]).toContain(counts(1))
    expect(bytes.toString()).toContain(
      `data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},${counts(7)}}\n\nevent: message_stop`,
    )
  })

  it('names the stop sequence, and a refusal', () => {
    const stopped = { ...ENVELOPE, choices: [{ index: 0, delta: {}, finish_reason: 'stop', stop_reason: 'END' }] }
    const { stop_reason: reason, stop_sequence: sequence } = messageOf([chunkOf({ content: 'a' }), stopped], { stop_sequences: ['END'] })
    expect([reason, sequence]).toEqual(['stop_sequence', 'END'])
    const refused = messageOf([chunkOf({ refusal: 'I ' }), chunkOf({ refusal: "won't" }), chunkOf({}, 'stop')])
    expect(refused).toMatchObject({
      content: [text("I won't")],
      stop_reason: 'refusal',
      stop_details: { type: 'refusal', category: null, explanation: "I won't" },
    })
  })

  const ENVELOPE = { object: 'chat.completion.chunk' }

  it('is an error where no finish reason came', () => {
    const encoder = createStreamEncoder(contextOf())
    encoder.push(chunkOf({ content: 'a' }))
    encoder.push(usageChunk({ prompt_tokens: 1 }))
    expect(encoder.end().toString()).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"The answer broke off before its end","details":{"error_code":"stream_interrupted"}}}\n\n',
    )
    expect(typesOf(createStreamEncoder(contextOf()).end())).toEqual(['error'])
  })

  it('comes once, and nothing after it', () => {
    const encoder = createStreamEncoder(contextOf())
    encoder.push(chunkOf({ content: 'a' }, 'stop'))
    expect(typesOf(encoder.end())).toEqual(['content_block_stop', 'message_delta', 'message_stop'])
    const after = [encoder.end(), encoder.push(chunkOf({ content: 'b' })), encoder.fail(new GatewayError('internal_error', 'm'))]
    expect(after.map((bytes) => bytes.length)).toEqual([0, 0, 0])
  })

  it('is an error event when the stream breaks, and no proper end follows', () => {
    const encoder = createStreamEncoder(contextOf())
    encoder.push(chunkOf({ content: 'a' }, 'stop'))
    expect(encoder.fail(new GatewayError('overloaded', 'Busy')).toString()).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Busy","details":{"error_code":"overloaded"}}}\n\n',
    )
    const after = [encoder.end(), encoder.heartbeat(), encoder.fail(new GatewayError('internal_error', 'm')), encoder.push(chunkOf({}))]
    expect(after.map((bytes) => bytes.length)).toEqual([0, 0, 0, 0])
  })
})

describe('any cut', () => {
  const SIGNS = fc.constantFrom('a', ' ', '\n', '\r', '"', '\\', 'é', '你', '😀', '\u2028', '\ud800')
  const piece = fc.string({ unit: SIGNS, minLength: 1, maxLength: 12 })
  const call = fc.record({
    name: fc.stringMatching(/^[a-z]{1,8}$/),
    input: fc.dictionary(piece, fc.oneof(piece, fc.jsonValue({ maxDepth: 2 })), { maxKeys: 3 }),
  })
  const answer = fc.record({ reasoning: fc.option(piece), text: fc.option(piece), calls: fc.array(call, { maxLength: 3 }) })
  type Answer = { reasoning: string | null; text: string | null; calls: readonly { name: string; input: unknown }[] }

  function cutUp(value: string, sizes: () => number): string[] {
    const pieces: string[] = []
    for (let at = 0; at < value.length;) {
      const size = sizes()
      pieces.push(value.slice(at, at + size))
      at += size
    }
    return pieces
  }

  /** Deltas of the calls in turns, each call's own in order. */
  function interleaved(lists: readonly JsonObject[][], next: () => number): JsonObject[] {
    const rest = lists.map((list) => [...list])
    const deltas: JsonObject[] = []
    for (;;) {
      const open = rest.filter((list) => list.length > 0)
      const taken = open[next() % Math.max(1, open.length)]?.shift()
      if (taken === undefined) return deltas
      deltas.push(taken)
    }
  }

  function chunksOf(given: Answer, next: () => number): JsonObject[] {
    const size = () => 1 + (next() % 4)
    const starts = given.calls.map(({ name }, index) => toolDelta({ index, id: `call_${index}`, function: { name, arguments: '' } }))
    const rests = given.calls.map(({ input }, index) =>
      cutUp(JSON.stringify(input), size).map((part) => toolDelta({ index, function: { arguments: part } })),
    )
    const deltas = [
      ...cutUp(given.reasoning ?? '', size).map((part) => ({ reasoning_content: part })),
      ...cutUp(given.text ?? '', size).map((part) => ({ content: part })),
      ...starts,
      ...interleaved(rests, next),
    ]
    return [...deltas.map((delta) => chunkOf(delta)), chunkOf({}, given.calls.length > 0 ? 'tool_calls' : 'stop'), usageChunk(USAGE)]
  }

  const USAGE = { prompt_tokens: 9, completion_tokens: 4, completion_tokens_details: { reasoning_tokens: 3 } }

  function wholeOf({ reasoning, text, calls }: Answer): JsonObject {
    const message = {
      role: 'assistant',
      content: text,
      reasoning_content: reasoning,
      tool_calls: calls.map(({ name, input }, index) => ({
        id: `call_${index}`,
        type: 'function',
        function: { name, arguments: JSON.stringify(input) },
      })),
    }
    return { choices: [{ index: 0, message, finish_reason: calls.length > 0 ? 'tool_calls' : 'stop' }], usage: USAGE }
  }

  it('of an answer into chunks gives the message that the whole answer gives', () => {
    fc.assert(
      fc.property(answer, fc.array(fc.nat(1000), { minLength: 8, maxLength: 8 }), (given, numbers) => {
        let at = 0
        const next = () => numbers[at++ % numbers.length] ?? 0
        expect(messageOf(chunksOf(given, next))).toEqual(fromCanonical(wholeOf(given), contextOf()))
      }),
      { numRuns: 200 },
    )
  })

  const DELTA_KEYS = ['content', 'reasoning', 'reasoning_details', 'thinking_blocks', 'tool_calls', 'function_call', 'refusal']

  it('of anything else throws nothing and keeps the frames', () => {
    const json = fc.jsonValue({ maxDepth: 2 })
    const anything = fc.dictionary(fc.constantFrom('choices', 'usage', 'x'), json, { maxKeys: 3 })
    const part = fc.dictionary(fc.constantFrom('type', 'text', 'thinking', 'signature', 'id', 'index', 'function'), json, { maxKeys: 4 })
    const delta = fc.dictionary(fc.constantFrom(...DELTA_KEYS), fc.oneof(json, fc.array(part, { maxLength: 3 })), { maxKeys: 4 })
    const chunk = fc.oneof(
      anything,
      delta.map((value) => chunkOf(value)),
    )
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 6 }), (chunks) => {
        const encoder = createStreamEncoder(contextOf())
        const bytes = Buffer.concat([...chunks.map((chunk) => encoder.push(chunk)), encoder.push(chunkOf({}, 'length')), encoder.end()])
        expect(typesOf(bytes).at(-1)).toBe('message_stop')
        const blocks = typesOf(bytes)
          .filter((type) => type !== 'content_block_delta')
          .slice(1, -2)
        expect(blocks).toEqual(blocks.map((_type, index) => (index % 2 === 0 ? 'content_block_start' : 'content_block_stop')))
      }),
      { numRuns: 200 },
    )
  })
})
