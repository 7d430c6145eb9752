import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isObject, type JsonObject } from '../../../lib/json.ts'
import { CodecMismatch, type StreamPiece } from '../codec.ts'
import { anthropicCodec } from './anthropic.ts'
import { createMessageDecoder } from './decode-stream.ts'
import { choicesOf, contextOf, deltasOf, piecesOf, sse } from './fixtures/calls.ts'
import { MESSAGE, OVERLOADED, STREAM } from './fixtures/documented.ts'

const read = (bytes: Buffer | string, fields: JsonObject = {}) => piecesOf(createMessageDecoder(contextOf(fields)), Buffer.from(bytes))
const schema = { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {} } } }

const START = { type: 'message_start', message: { id: 'msg_01', usage: { input_tokens: 12, output_tokens: 1 } } }
const FINISH = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 30 } }
const STOP = { type: 'message_stop' }
const blockStart = (index: number, block: JsonObject) => ({ type: 'content_block_start', index, content_block: block })
const blockDelta = (index: number, delta: JsonObject) => ({ type: 'content_block_delta', index, delta })
const blockStop = (index: number) => ({ type: 'content_block_stop', index })
const json = (index: number, partial_json: string) => blockDelta(index, { type: 'input_json_delta', partial_json })
const words = (index: number, text: string) => blockDelta(index, { type: 'text_delta', text })
const toolBlock = (id: unknown, rest: JsonObject = {}) => ({ type: 'tool_use', id, name: 'f', input: {}, ...rest })

/** The deltas between the first, which names the role, and the last, which is empty. */
const between = (events: readonly JsonObject[], fields: JsonObject = {}) =>
  deltasOf(read(sse(START, ...events, FINISH, STOP), fields)).slice(1, -1)
const lastChoice = (pieces: readonly StreamPiece[]) =>
  pieces.flatMap((piece) => (piece.kind === 'chunk' ? choicesOf(piece.chunk) : [])).at(-1)

describe('the documented stream', () => {
  const envelope = { id: 'msg_01', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'public' }
  const chunk = (delta: JsonObject, finish: string | null = null) => ({
    kind: 'chunk',
    chunk: { ...envelope, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] },
  })
  const call = (rest: JsonObject) => chunk({ tool_calls: [{ index: 0, ...rest }] })
  const pieces = [
    chunk({ role: 'assistant', content: '' }),
    chunk({ reasoning_content: 'Let ' }),
    chunk({ reasoning_content: 'me' }),
    chunk({ thinking_blocks: [{ type: 'thinking', thinking: 'Let me', signature: 'EqQB' }] }),
    chunk({ content: 'Hi' }),
    call({ id: 'toolu_01', type: 'function', function: { name: 'get_weather', arguments: '' } }),
    call({ function: { arguments: '{"city":' } }),
    call({ function: { arguments: '"Oslo"}' } }),
    chunk({}, 'tool_calls'),
    {
      kind: 'chunk',
      chunk: {
        ...envelope,
        choices: [],
        usage: { prompt_tokens: 12, completion_tokens: 30, total_tokens: 42, prompt_tokens_details: { cached_tokens: 0 } },
      },
    },
    { kind: 'end' },
  ]

  it('becomes chunks', () => expect(read(STREAM)).toEqual(pieces))

  it.each([
    ['CRLF', STREAM.replaceAll('\n', '\r\n')],
    ['CR', STREAM.replaceAll('\n', '\r')],
    ['a BOM', `\ufeff${STREAM}`],
    ['comments', STREAM.replaceAll('event: ping', ': keep-alive\n\nevent: ping')],
    ['no names of events', STREAM.replaceAll(/event: .*\n/g, '')],
    ['no space after the colon', STREAM.replaceAll('data: ', 'data:')],
    ['a [DONE] behind', `${STREAM}data: [DONE] \n\n`],
    ['a [DONE] before the end', STREAM.replace('event: message_stop', 'data: [DONE]\n\nevent: message_stop')],
    ['anything behind', `${STREAM}data: x\n\n${STREAM}`],
    ['no last blank line', STREAM.slice(0, -1)],
    ['no last line break', STREAM.slice(0, -2)],
    ['empty data', STREAM.replace('data: {"type":"ping"}', 'data:')],
  ])('with %s too', (_name, text) => expect(read(text)).toEqual(pieces))

  it('tells when it was cut', () => {
    const cut = (text: string) => read(STREAM.slice(0, STREAM.indexOf(text)))
    expect(cut('event: message_stop')).toEqual(pieces.slice(0, 8))
    expect(cut('"type":"message_stop"')).toEqual(pieces.slice(0, 8))
    expect(cut('event: message_delta')).toEqual(pieces.slice(0, 8))
    expect(cut('"partial_json":"\\"Oslo')).toEqual(pieces.slice(0, 7))
    expect(read('')).toEqual([])
  })

  it('drops an event that is no end and lacks its blank line', () => {
    const last = 'event: content_block_delta\ndata: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hi"}}\n'
    const head = STREAM.slice(0, STREAM.indexOf(last))
    expect(read(head + last)).toEqual(pieces.slice(0, 4))
    expect(read(`${head}data: {"type":`)).toEqual(pieces.slice(0, 4))
    expect(read(`${head}data: message_stop`)).toEqual(pieces.slice(0, 4))
  })

  it('says the same as the whole message', () => {
    const whole = choicesOf(anthropicCodec.decode(MESSAGE, contextOf()))[0]
    const deltas = deltasOf(read(STREAM)).filter(isObject)
    const join = (key: string) => deltas.map((delta) => delta[key] ?? '').join('')
    expect(whole?.['message']).toMatchObject({
      content: join('content'),
      reasoning_content: join('reasoning_content'),
      thinking_blocks: deltas.flatMap((delta) => delta['thinking_blocks'] ?? []),
    })
  })
})

describe('any cut of the bytes', () => {
  const text = STREAM.replace('"text":"Hi"', '"text":"Grüße 🦊 漢"').replaceAll('\n\nevent: ping', '\r\n\r\nevent: ping')
  const bytes = Buffer.from(`\ufeff${text}`)
  it('gives the same pieces', () => {
    const whole = read(bytes)
    expect(deltasOf(whole)).toContainEqual({ content: 'Grüße 🦊 漢' })
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 40 }), (cuts) => {
        const points = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
        const parts = points.slice(1).map((end, index) => bytes.subarray(points[index], end))
        expect(piecesOf(createMessageDecoder(contextOf()), ...parts)).toEqual(whole)
      }),
      { numRuns: 60 },
    )
  })

  it('gives the same pieces byte by byte', () => {
    const parts = Array.from(bytes, (_byte, index) => bytes.subarray(index, index + 1))
    expect(piecesOf(createMessageDecoder(contextOf()), ...parts)).toEqual(read(bytes))
  })
})

describe('blocks', () => {
  it('numbers calls by themselves, also when blocks overlap', () => {
    const events = [
      blockStart(0, { type: 'text', text: '' }),
      blockStart(1, toolBlock('a')),
      json(1, '{"x":'),
      blockStart(4, toolBlock('b')),
      json(4, '{}'),
      json(1, '1}'),
      blockStop(4),
      blockStop(1),
      words(0, 'late'),
    ]
    const head = (index: number, id: string) => ({
      tool_calls: [{ index, id, type: 'function', function: { name: 'f', arguments: '' } }],
    })
    const more = (index: number, args: string) => ({ tool_calls: [{ index, function: { arguments: args } }] })
    expect(between(events)).toEqual([head(0, 'a'), more(0, '{"x":'), head(1, 'b'), more(1, '{}'), more(0, '1}'), { content: 'late' }])
    expect(lastChoice(read(sse(START, ...events, FINISH, STOP)))).toMatchObject({ finish_reason: 'tool_calls' })
  })

  it.each([
    ['none', {}, '{}'],
    ['no object', { input: null }, '{}'],
    ['a whole input with the start', { input: { a: 1 } }, '{"a":1}'],
  ])('a call without pieces has %s as arguments', (_name, rest, args) => {
    const deltas = between([blockStart(0, toolBlock('', rest)), json(0, ''), blockStop(0)])
    expect(deltas).toEqual([
      { tool_calls: [{ index: 0, id: 'call_r-1_0', type: 'function', function: { name: 'f', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: args } }] },
    ])
  })

  it('does not tell the start’s input twice', () => {
    const deltas = between([blockStart(0, toolBlock('a', { input: { a: 1 } })), json(0, '{"a":1}'), blockStop(0)])
    expect(deltas.slice(1)).toEqual([{ tool_calls: [{ index: 0, function: { arguments: '{"a":1}' } }] }])
  })

  it('takes what a start brings along', () => {
    expect(
      between([
        blockStart(0, { type: 'thinking', thinking: 'a', signature: 's' }),
        blockDelta(0, { type: 'thinking_delta', thinking: 'b' }),
        blockStop(0),
        blockStart(1, { type: 'redacted_thinking', data: 'd' }),
        blockStop(1),
        blockStart(2, { type: 'text', text: 'c' }),
        blockStop(2),
      ]),
    ).toEqual([
      { reasoning_content: 'a' },
      { reasoning_content: 'b' },
      { thinking_blocks: [{ type: 'thinking', thinking: 'ab', signature: 's' }] },
      { thinking_blocks: [{ type: 'redacted_thinking', data: 'd' }] },
      { content: 'c' },
    ])
  })

  it('keeps no thinking without a signature, but a signature without a text', () => {
    const thinking = blockStart(0, { type: 'thinking', thinking: '' })
    expect(between([thinking, blockDelta(0, { type: 'thinking_delta', thinking: 'a' }), blockStop(0)])).toEqual([
      { reasoning_content: 'a' },
    ])
    expect(between([thinking, blockDelta(0, { type: 'signature_delta', signature: 's' }), blockStop(0)])).toEqual([
      { thinking_blocks: [{ type: 'thinking', thinking: '', signature: 's' }] },
    ])
  })

  it('keeps thinking of up to 4 Mi characters', () => {
    const kept = (length: number, more = '') =>
      between([
        blockStart(0, { type: 'thinking', thinking: '', signature: 's' }),
        blockDelta(0, { type: 'thinking_delta', thinking: 'a'.repeat(length) }),
        blockDelta(0, { type: 'thinking_delta', thinking: more }),
        blockStop(0),
      ]).length
    expect(kept(4 * 1024 ** 2)).toBe(2)
    expect(kept(4 * 1024 ** 2 + 1)).toBe(1)
    // Two pieces of reasoning, and no block that lacks its end.
    expect(kept(4 * 1024 ** 2, 'a')).toBe(2)
    expect(kept(4 * 1024 ** 2 - 1, 'a')).toBe(3)
  })

  it('leaves out what has no equal', () => {
    expect(
      between([
        blockStart(0, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }),
        json(0, '{"query":"x"}'),
        blockStop(0),
        blockStart(1, { type: 'text', text: '' }),
        blockDelta(1, { type: 'citations_delta', text: 'no', citation: {} }),
        words(1, ''),
        blockStop(1),
        blockStop(7),
        { type: 'something_new', error: {} },
      ]),
    ).toEqual([])
  })

  it('gives the answer of its own tool as text', () => {
    const events = [blockStart(0, toolBlock('a', { name: 'answer_as_json' })), json(0, '{"a":'), json(0, '1}'), blockStop(0)]
    expect(between(events, schema)).toEqual([{ content: '{"a":' }, { content: '1}' }])
    expect(lastChoice(read(sse(START, ...events, FINISH, STOP), schema))).toMatchObject({ finish_reason: 'stop' })
    const whole = [blockStart(0, toolBlock('a', { name: 'answer_as_json', input: { a: 1 } })), blockStop(0)]
    expect(between(whole, schema)).toEqual([{ content: '{"a":1}' }])
    expect(between(whole)).toHaveLength(2)
  })
})

describe('the end', () => {
  const usageOf = (pieces: readonly StreamPiece[]) => {
    const piece = pieces.at(-2)
    return piece?.kind === 'chunk' ? piece.chunk['usage'] : undefined
  }

  it('counts what start and end tell', () => {
    const start = {
      type: 'message_start',
      message: { usage: { input_tokens: 10, cache_read_input_tokens: 20, cache_creation_input_tokens: 30, output_tokens: 1 } },
    }
    const usage = { input_tokens: 0, cache_read_input_tokens: null, output_tokens: 5, output_tokens_details: { thinking_tokens: 2 } }
    expect(usageOf(read(sse(start, { ...FINISH, usage }, STOP)))).toEqual({
      prompt_tokens: 60,
      completion_tokens: 5,
      total_tokens: 65,
      prompt_tokens_details: { cached_tokens: 20, cache_creation_input_tokens: 30 },
      completion_tokens_details: { reasoning_tokens: 2 },
    })
    expect(usageOf(read(sse(START, { ...FINISH, usage: { input_tokens: 99, output_tokens: 5 } }, STOP)))).toMatchObject({
      prompt_tokens: 99,
    })
  })

  it('tells usage always', () => {
    const pieces = read(sse({ type: 'message_start' }, { type: 'message_delta', delta: { stop_reason: 'end_turn' } }, STOP))
    expect(usageOf(pieces)).toEqual({
      prompt_tokens: 0,
      completion_tokens: 0,
      total_tokens: 0,
      prompt_tokens_details: { cached_tokens: 0 },
    })
  })

  it('names the stop text and a refusal', () => {
    const end = (delta: JsonObject) =>
      lastChoice(read(sse(START, { ...FINISH, delta }, { ...FINISH, delta: {} }, { type: 'message_delta' }, STOP)))
    expect(end({ stop_reason: 'stop_sequence', stop_sequence: '###' })).toEqual({
      index: 0,
      delta: {},
      logprobs: null,
      finish_reason: 'stop',
      stop_reason: '###',
    })
    expect(end({ stop_reason: 'refusal', stop_details: { explanation: 'no' } })).toEqual({
      index: 0,
      delta: { refusal: 'no' },
      logprobs: null,
      finish_reason: 'content_filter',
    })
  })

  it('says who speaks though no message_start came', () => {
    const role = { role: 'assistant', content: '' }
    expect(deltasOf(read(sse(blockStart(0, { type: 'text', text: 'a' }), FINISH, STOP)))).toEqual([role, { content: 'a' }, {}])
    const pieces = read(sse(FINISH, STOP))
    expect(deltasOf(pieces)).toEqual([role, {}])
    expect(pieces[0]).toMatchObject({ chunk: { id: 'chatcmpl-r-1' } })
  })
})

describe('errors', () => {
  const error = { kind: 'error', error: { message: 'Overloaded', type: 'overloaded_error', param: undefined, code: 'overloaded_error' } }

  it('is all that comes before the first word: until then another backend can be asked', () => {
    expect(read(sse(START, OVERLOADED))).toEqual([error])
    expect(read(sse(START, blockStart(0, { type: 'text', text: '' }), OVERLOADED))).toEqual([error])
  })

  it('ends the stream, whatever follows', () => {
    const text = [blockStart(0, { type: 'text', text: '' }), words(0, 'a')]
    expect(read(sse(START, ...text, OVERLOADED, FINISH, STOP)).slice(2)).toEqual([error])
    const decoder = createMessageDecoder(contextOf())
    expect(decoder.push(sse(OVERLOADED))).toEqual([error])
    expect(decoder.push(sse(START, STOP))).toEqual([])
  })

  it.each([
    ['without a type', 'data: {"error":{"message":"m"}}\n\n', 'm'],
    ['with a text', 'event: error\ndata: {"message":"m"}\n\n', 'm'],
    ['with nothing', 'event: error\ndata: {}\n\n', 'The upstream answered 200'],
  ])('%s', (_name, text, message) =>
    expect(read(text)).toEqual([{ kind: 'error', error: { message, type: undefined, param: undefined, code: undefined } }]),
  )

  it.each([
    ['no JSON', Buffer.from('data: {"type":\n\n')],
    ['no object', Buffer.from('data: 7\n\n')],
    ['a block without content', sse(START, { type: 'content_block_start', index: 0 })],
    ['a delta without a block', sse(START, words(0, 'a'))],
    ['a delta after its block', sse(START, blockStart(0, { type: 'text', text: '' }), blockStop(0), words(0, 'a'))],
    ['a delta that is none', sse(START, blockStart(0, { type: 'text' }), { type: 'content_block_delta', index: 0 })],
    ['a call without a name', sse(START, blockStart(0, { type: 'tool_use', id: 'x' }))],
    ['an end without a reason', sse(START, STOP)],
    ['an event beyond 16 MiB', Buffer.alloc(16 * 1024 ** 2 + 1, 'a')],
  ])('makes no sense of %s', (_name, bytes) => expect(() => read(bytes)).toThrow(CodecMismatch))

  it('takes an event of 16 MiB', () => {
    expect(() => createMessageDecoder(contextOf()).push(Buffer.alloc(16 * 1024 ** 2, 'a'))).not.toThrow()
  })
})

it('streams chats alone', () => {
  expect(anthropicCodec.createStreamDecoder(contextOf())).toBeDefined()
  expect(anthropicCodec.createStreamDecoder({ ...contextOf(), endpoint: 'completion' })).toBeUndefined()
})
