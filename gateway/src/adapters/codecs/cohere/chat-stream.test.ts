import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodecMismatch, type StreamPiece } from '../codec.ts'
import { createChatStreamDecoder } from './chat-stream.ts'
import {
  callDelta,
  callEnd,
  callStart,
  CITATION,
  content,
  end,
  framed,
  plan,
  START,
  TEXT_STREAM,
  TOOL_STREAM,
} from './fixtures/stream-events.ts'

const CONTEXT = { endpoint: 'chat', fields: {}, model: 'public', id: 'r-1', created: 1_700_000_000 } as const

function decodeAll(...buffers: readonly Buffer[]): StreamPiece[] {
  const decoder = createChatStreamDecoder(CONTEXT)
  return [...buffers.flatMap((bytes) => decoder.push(bytes)), ...decoder.flush()]
}
const decode = (text: string) => decodeAll(Buffer.from(text))

const chunk = (choices: readonly object[], rest: object = {}): StreamPiece => ({
  kind: 'chunk',
  chunk: { id: 'chatcmpl-r-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'public', choices, ...rest },
})
const delta = (own: object, rest: object = {}) => chunk([{ index: 0, delta: own, finish_reason: null, ...rest }])
const finish = (reason: string) => chunk([{ index: 0, delta: {}, finish_reason: reason }])
const FIRST = delta({ role: 'assistant', content: '' })
const USAGE_CHUNK = chunk([], {
  usage: {
    prompt_tokens: 1445,
    completion_tokens: 43,
    total_tokens: 1488,
    prompt_tokens_details: { cached_tokens: 704 },
    billed_units: { input_tokens: 46, output_tokens: 14 },
  },
})
const END: StreamPiece = { kind: 'end' }
const opened = (index: number, id: string, name: string, args = '') =>
  delta({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: args } }] })
const more = (index: number, args: string) => delta({ tool_calls: [{ index, function: { arguments: args } }] })

const TEXT_PIECES = [
  FIRST,
  delta({ reasoning_content: 'Hm – ' }),
  delta({ reasoning_content: 'oui' }),
  delta({ content: 'Le café ' }),
  delta({ content: '😀' }),
  delta({ citations: [CITATION] }),
  finish('stop'),
  USAGE_CHUNK,
  END,
]

const TOOL_PIECES = [
  FIRST,
  delta({ reasoning_content: 'I will' }),
  delta({ reasoning_content: ' look' }),
  opened(0, 'weather_e8p4', 'weather'),
  more(0, '{"city"'),
  more(0, ':"Oslo"}'),
  opened(1, 'time_y46a', 'time'),
  more(1, '{}'),
  finish('tool_calls'),
  USAGE_CHUNK,
  END,
]

describe('createChatStreamDecoder', () => {
  it('decodes thinking, text, citations and usage', () => {
    expect(decode(TEXT_STREAM)).toEqual(TEXT_PIECES)
  })

  it('decodes a plan, streamed arguments, and a call that has none', () => {
    expect(decode(TOOL_STREAM)).toEqual(TOOL_PIECES)
  })

  it('gives the same pieces however the bytes are cut and the lines end', () => {
    const streams = [
      { text: TEXT_STREAM, pieces: TEXT_PIECES },
      { text: TOOL_STREAM, pieces: TOOL_PIECES },
    ]
    const breaks = ['\n', '\r\n', '\r']
    fc.assert(
      fc.property(
        fc.constantFrom(...streams),
        fc.constantFrom(...breaks),
        fc.array(fc.nat(3_000), { maxLength: 40 }),
        (stream, lineBreak, at) => {
          const bytes = Buffer.from(stream.text.replaceAll('\n', lineBreak))
          const points = [0, ...at.map((point) => point % bytes.length).sort((a, b) => a - b), bytes.length]
          const pieces = decodeAll(...points.slice(1).map((point, index) => bytes.subarray(points[index], point)))
          expect(pieces).toEqual(stream.pieces)
        },
      ),
      { numRuns: 150 },
    )
    expect(decodeAll(...Array.from(Buffer.from(TEXT_STREAM), (byte) => Buffer.from([byte])))).toEqual(TEXT_PIECES)
  })

  it('takes texts that stand in the start of a content', () => {
    const stream = framed(
      START,
      content('content-start', { type: 'text', text: 'A' }),
      content('content-start', { thinking: 'B' }),
      end('COMPLETE'),
    )
    expect(decode(stream)).toEqual([FIRST, delta({ content: 'A' }), delta({ reasoning_content: 'B' }), finish('stop'), USAGE_CHUNK, END])
  })

  it('says the role with the first piece, whichever it is', () => {
    expect(decode(framed(content('content-delta', { text: 'A' }), content('content-delta', { text: 'B' }), end('COMPLETE')))).toEqual([
      delta({ role: 'assistant', content: 'A' }),
      delta({ content: 'B' }),
      finish('stop'),
      USAGE_CHUNK,
      END,
    ])
  })

  it('hangs log probabilities on the text that they belong to', () => {
    const logprobs = { text: 'Par', token_ids: [1], logprobs: [-0.5] }
    const expected = { content: [{ token: 'Par', logprob: -0.5, bytes: null, top_logprobs: [] }], refusal: null }
    expect(decode(framed(START, content('content-delta', { text: 'Par' }, { logprobs })))).toEqual([
      FIRST,
      delta({ content: 'Par' }, { logprobs: expected }),
    ])
  })

  it.each([
    ['whole at the start', [callStart(0, 'a', 'f', '{"x":1}'), callEnd(0)], [opened(0, 'a', 'f', '{"x":1}')]],
    ['null at the start', [callStart(0, 'a', 'f', 'null'), callEnd(0)], [opened(0, 'a', 'f'), more(0, '{}')]],
    ['null in pieces', [callStart(0, 'a', 'f'), callDelta(0, 'nu'), callDelta(0, 'll'), callEnd(0)], [opened(0, 'a', 'f'), more(0, '{}')]],
    ['a beginning like null', [callStart(0, 'a', 'f'), callDelta(0, 'nu'), callDelta(0, 'x')], [opened(0, 'a', 'f'), more(0, 'nux')]],
    ['more than null', [callStart(0, 'a', 'f'), callDelta(0, 'null'), callDelta(0, 's')], [opened(0, 'a', 'f'), more(0, 'nulls')]],
    ['blank before', [callStart(0, 'a', 'f'), callDelta(0, ' '), callDelta(0, '{}'), callEnd(0)], [opened(0, 'a', 'f'), more(0, ' {}')]],
    [
      'nothing in a piece',
      [callStart(0, 'a', 'f'), callDelta(0, ''), callDelta(0, '{'), callDelta(0, ''), callDelta(0, '}')],
      [opened(0, 'a', 'f'), more(0, '{'), more(0, '}')],
    ],
    ['no end of the call', [callStart(0, 'a', 'f')], [opened(0, 'a', 'f'), more(0, '{}')]],
    [
      'a null without an end of the call',
      [callStart(0, 'a', 'f', 'nul'), callStart(1, 'b', 'g', '{}')],
      [opened(0, 'a', 'f'), opened(1, 'b', 'g', '{}'), more(0, '{}')],
    ],
    ['an end too many', [callStart(0, 'a', 'f', '{}'), callEnd(0), callEnd(0), callEnd(9)], [opened(0, 'a', 'f', '{}')]],
    [
      'no id',
      [callStart(0, undefined, 'f', '{}'), callStart(1, '', 'g', '{}')],
      [opened(0, 'call_r-1_0', 'f', '{}'), opened(1, 'call_r-1_1', 'g', '{}')],
    ],
    [
      'a piece of nothing',
      [callStart(0, 'a', 'f'), { type: 'tool-call-delta', index: 0 }, { ...callDelta(0, ''), delta: { message: { tool_calls: {} } } }],
      [opened(0, 'a', 'f'), more(0, '{}')],
    ],
    [
      'indexes that do not begin at 0',
      [callStart(3, 'a', 'f'), callStart(1, 'b', 'g'), callDelta(3, '{"x"'), callDelta(1, '{}'), callDelta(3, ':1}')],
      [opened(0, 'a', 'f'), opened(1, 'b', 'g'), more(0, '{"x"'), more(1, '{}'), more(0, ':1}')],
    ],
    [
      'no indexes',
      [
        callStart(undefined, 'a', 'f'),
        callDelta(undefined, '{}'),
        callEnd(),
        callStart(undefined, 'b', 'g'),
        callDelta(undefined, '{"x":1}'),
        callEnd(),
      ],
      [opened(0, 'a', 'f'), more(0, '{}'), opened(1, 'b', 'g'), more(1, '{"x":1}')],
    ],
    [
      'the same index twice',
      [callStart(0, 'a', 'f'), callDelta(0, '{}'), callEnd(0), callStart(0, 'b', 'g'), callDelta(0, '{"x":1}'), callEnd(0)],
      [opened(0, 'a', 'f'), more(0, '{}'), opened(1, 'b', 'g'), more(1, '{"x":1}')],
    ],
  ])('tool calls: %s', (_name, events, pieces) => {
    expect(decode(framed(START, ...events, end('TOOL_CALL')))).toEqual([FIRST, ...pieces, finish('tool_calls'), USAGE_CHUNK, END])
  })

  it.each([
    ['COMPLETE', 'stop'],
    ['STOP_SEQUENCE', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['BRAND_NEW', 'stop'],
  ])('%s is %s', (reason, expected) => {
    expect(decode(framed(START, end(reason)))).toEqual([FIRST, finish(expected), USAGE_CHUNK, END])
  })

  it('says tool_calls for a stop after a call, and length for a cut', () => {
    const called = [START, callStart(0, 'a', 'f', '{}')]
    expect(decode(framed(...called, end('COMPLETE'))).slice(2)).toEqual([finish('tool_calls'), USAGE_CHUNK, END])
    expect(decode(framed(...called, end('MAX_TOKENS'))).slice(2)).toEqual([finish('length'), USAGE_CHUNK, END])
  })

  it('tells no usage where there was none', () => {
    expect(decode(framed(START, { type: 'message-end', delta: { finish_reason: 'COMPLETE' } }))).toEqual([FIRST, finish('stop'), END])
  })

  it.each([
    ['ERROR', { finish_reason: 'ERROR' }, 'The model failed while it answered', 'ERROR'],
    ['TIMEOUT', { finish_reason: 'TIMEOUT' }, 'The model took too long to answer', 'TIMEOUT'],
    ['an error with a text', { finish_reason: 'ERROR', error: 'boom' }, 'boom', 'ERROR'],
    ['a text alone', { error: 'boom' }, 'boom', undefined],
  ])('fails at the end with %s', (_name, own, message, code) => {
    const error = { message, type: undefined, param: undefined, code }
    const stream = framed(START, callStart(0, 'a', 'f'), { type: 'message-end', delta: own }, content('content-delta', { text: 'late' }))
    expect(decode(stream)).toEqual([FIRST, opened(0, 'a', 'f'), { kind: 'error', error }])
  })

  it.each([
    ["Cohere's", { id: 'x', message: 'internal error' }, { message: 'internal error', type: undefined, code: undefined }],
    ["a proxy's", { error: { message: 'm', type: 't', code: 500 } }, { message: 'm', type: 't', code: '500' }],
  ])('fails in the middle with an error of %s shape', (_name, event, error) => {
    const piece = { kind: 'error', error: { param: undefined, ...error } }
    const word = content('content-delta', { text: 'a' })
    expect(decode(framed(START, word, event, end('COMPLETE')))).toEqual([FIRST, expect.anything(), piece])
    // Before the first word it is all that comes: another backend can still be asked.
    expect(decode(framed(START, event, end('COMPLETE')))).toEqual([piece])
  })

  it('ends at message-end alone, and passes over what it does not know', () => {
    const noise = ': ping\n\nevent: only\n\ndata:\n\n'
    const unknown = framed({ type: 'debug', prompt: 'x' }, { type: 'brand-new' }, { type: 'citation-start', index: 0 })
    expect(decode(`${noise}${framed(START)}${unknown}data: [DONE]\n\n${framed(plan(''))}`)).toEqual([])
    expect(decode(`${framed(START, end('COMPLETE'))}data: [DONE]\n\ndata: x\n\n`)).toEqual([FIRST, finish('stop'), USAGE_CHUNK, END])
  })

  it('reads the type from the name of the event where the data has none', () => {
    const { type, ...rest } = end('COMPLETE')
    expect(decode(`${framed(START)}event: ${type}\ndata: ${JSON.stringify(rest)}\n\n`)).toEqual([FIRST, finish('stop'), USAGE_CHUNK, END])
  })

  it('takes a last event without its blank line, and no event that was cut off', () => {
    const stream = framed(START, end('COMPLETE'))
    expect(decode(stream.slice(0, -2))).toEqual([FIRST, finish('stop'), USAGE_CHUNK, END])
    expect(decode(stream.slice(0, -4))).toEqual([])
    expect(decode(framed(START).slice(0, 20))).toEqual([])
    expect(decode(`${framed(START)}data: 5`)).toEqual([])
    expect(decode(`${framed(START)}: ping`)).toEqual([])
    expect(decode('')).toEqual([])
  })

  it.each([
    ['text', 'data: hello\n\n'],
    ['a number', 'data: 5\n\n'],
    ['an array', 'data: []\n\n'],
    ['an end without a reason', framed({ type: 'message-end', delta: {} })],
    ['an end without anything', framed({ type: 'message-end' })],
    ['a call without a function', framed({ type: 'tool-call-start', index: 0, delta: { message: { tool_calls: { id: 'a' } } } })],
    ['a call in an array', framed({ type: 'tool-call-start', index: 0, delta: { message: { tool_calls: [] } } })],
    ['a call without a name', framed({ type: 'tool-call-start', index: 0, delta: { message: { tool_calls: { function: {} } } } })],
    ['a piece of no call', framed(callStart(0, 'a', 'f'), callDelta(1, '{}'))],
    ['a piece before any call', framed(callDelta(undefined, '{}'))],
  ])('makes no sense of %s', (_name, stream) => {
    const decoder = createChatStreamDecoder(CONTEXT)
    // What stands before it in the same bytes comes first.
    expect(() => [decoder.push(Buffer.from(stream)), decoder.flush()]).toThrow(CodecMismatch)
  })

  it('takes an event of 16 MiB, and none larger', () => {
    const event = Buffer.alloc(16 * 1024 ** 2, 'x')
    const decoder = createChatStreamDecoder(CONTEXT)
    expect(decoder.push(event)).toEqual([])
    expect(() => decoder.push(Buffer.from('x'))).toThrow(CodecMismatch)
  })

  it('keeps the streams of two requests apart', () => {
    const one = createChatStreamDecoder(CONTEXT)
    const two = createChatStreamDecoder({ ...CONTEXT, id: 'r-2' })
    one.push(Buffer.from(framed(START, callStart(0, 'a', 'f'))))
    expect(() => two.push(Buffer.from(framed(callDelta(0, '{}'))))).toThrow(CodecMismatch)
  })
})
