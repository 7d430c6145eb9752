import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EndpointId } from '@jairouter/contract/names'
import type { JsonObject } from '../../../lib/json.ts'
import { CodecMismatch, type StreamDecoder, type StreamPiece } from '../codec.ts'
import { CHAT_STREAM, CONTEXT_EXCEEDED, contextOf, CREATED, GENERATE_STREAM, TOOL_ANSWER } from './fixtures/wire.ts'
import { ollamaCodec } from './ollama.ts'

function decoderFor(endpoint: EndpointId, fields: JsonObject = {}): StreamDecoder {
  const decoder = ollamaCodec.createStreamDecoder(contextOf(endpoint, fields))
  if (decoder === undefined) throw new Error(`${endpoint} has no streams`)
  return decoder
}

function decodeAll(lines: readonly (string | object)[], endpoint: EndpointId = 'chat', fields: JsonObject = {}): readonly StreamPiece[] {
  const text = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('')
  const decoder = decoderFor(endpoint, fields)
  return [...decoder.push(Buffer.from(text)), ...decoder.flush()]
}

const chat = (choices: readonly object[], rest: object = {}): object => ({
  kind: 'chunk',
  chunk: { id: 'chatcmpl-req-1', object: 'chat.completion.chunk', created: CREATED, model: 'smart', choices, ...rest },
})
const delta = (delta: object, reason: string | null = null): object => chat([{ index: 0, delta, finish_reason: reason }])
const usage = (prompt: number, completion: number): object =>
  chat([], { usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion } })
const END = { kind: 'end' }
const line = (message: object, rest: object = {}): object => ({ created_at: '2026-08-21T10:00:00Z', message, done: false, ...rest })
const last = (rest: object = {}): object => line({ role: 'assistant', content: '' }, { done: true, done_reason: 'stop', ...rest })
const errorPiece = (message: string, rest: object = {}): object => ({
  kind: 'error',
  error: { message, type: undefined, param: undefined, code: undefined, ...rest },
})
const mismatch = (message: string) => expect.objectContaining({ name: 'CodecMismatch', message })

/** All that came of the stream: pieces, and the mismatch that stopped it. */
function outcomeOf(decoder: StreamDecoder, cuts: readonly Buffer[]): readonly unknown[] {
  const outcome: unknown[] = []
  try {
    for (const bytes of cuts) outcome.push(...decoder.push(bytes))
    outcome.push(...decoder.flush())
  } catch (error) {
    outcome.push(error instanceof CodecMismatch ? error.message : error)
  }
  return outcome
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return edges.slice(1).map((edge, at) => bytes.subarray(edges[at], edge))
}

describe('the stream of a chat', () => {
  const CALL = { id: 'call_k3j2h1g0', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Tromsø"}' } }
  const EXPECTED = [
    delta({ role: 'assistant', reasoning_content: 'The user' }),
    delta({ content: 'Es ist kühl, 3 °C ❄' }),
    delta({ tool_calls: [{ index: 0, ...CALL }] }),
    delta({}, 'tool_calls'),
    usage(26, 282),
    END,
  ]

  it('gives thinking, text and calls as they come, then reason, usage and end', () => {
    expect(decodeAll(CHAT_STREAM)).toEqual(EXPECTED)
  })

  it('gives each piece as soon as its line is complete', () => {
    const decoder = decoderFor('chat')
    expect(CHAT_STREAM.map((text) => decoder.push(Buffer.from(`${text}\n`)).length)).toEqual([1, 1, 1, 3])
    expect(decoder.flush()).toEqual([])
  })

  it('splits a line that says several things', () => {
    expect(
      decodeAll([
        line({ content: 'text', thinking: 'thought', tool_calls: [{ function: { name: 'f', arguments: {} } }] }),
        line({ content: '', tool_calls: [{ function: { index: 0, name: 'g' } }, { id: 'own', function: { index: 0, name: 'h' } }] }),
        last({ done_reason: 'length', eval_count: 1 }),
      ]),
    ).toEqual([
      delta({ role: 'assistant', reasoning_content: 'thought' }),
      delta({ content: 'text' }),
      delta({ tool_calls: [{ index: 0, id: 'call_req-1_0', type: 'function', function: { name: 'f', arguments: '{}' } }] }),
      delta({
        tool_calls: [
          { index: 1, id: 'call_req-1_1', type: 'function', function: { name: 'g', arguments: '{}' } },
          { index: 2, id: 'own', type: 'function', function: { name: 'h', arguments: '{}' } },
        ],
      }),
      delta({}, 'length'),
      usage(0, 1),
      END,
    ])
  })

  it('gives one call to a client that wants one at a time', () => {
    const calls = [
      { id: 'a', function: { name: 'f' } },
      { id: 'b', function: { name: 'g' } },
    ]
    const pieces = decodeAll([line({ tool_calls: calls }), line({ tool_calls: calls }), last()], 'chat', { parallel_tool_calls: false })
    expect(pieces).toEqual([
      delta({ role: 'assistant', tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] }),
      delta({}, 'tool_calls'),
      usage(0, 0),
      END,
    ])
  })

  it('passes over lines that say nothing, and knows an empty answer', () => {
    expect(decodeAll([line({ role: 'assistant', content: '' }), '', '  ', last({ done_reason: 'load' })])).toEqual([
      delta({ role: 'assistant', content: '' }, 'stop'),
      usage(0, 0),
      END,
    ])
  })

  it('takes what the last line still says', () => {
    expect(decodeAll([last({ message: { content: 'all' }, prompt_eval_count: 2 })])).toEqual([
      delta({ role: 'assistant', content: 'all' }),
      delta({}, 'stop'),
      usage(2, 0),
      END,
    ])
  })

  it('carries log probabilities beside a text, even an empty one', () => {
    const logprobs = [{ token: 'a', logprob: -1 }]
    const told = { content: [{ token: 'a', logprob: -1, bytes: null, top_logprobs: [] }], refusal: null }
    expect(decodeAll([line({ content: 'a' }, { logprobs }), line({ content: '', thinking: 'b' }, { logprobs })])).toEqual([
      chat([{ index: 0, delta: { role: 'assistant', content: 'a' }, finish_reason: null, logprobs: told }]),
      delta({ reasoning_content: 'b' }),
      chat([{ index: 0, delta: { content: '' }, finish_reason: null, logprobs: told }]),
    ])
  })

  it('keeps the time of the first line', () => {
    const pieces = decodeAll([line({ content: 'a' }, { created_at: 'never' }), line({ content: 'b' })])
    expect(pieces.map((piece) => piece.kind === 'chunk' && piece.chunk['created'])).toEqual([1_700_000_000, 1_700_000_000])
  })

  it('reads an answer that was not streamed as a stream of one line, without its line feed', () => {
    const decoder = decoderFor('chat')
    expect(decoder.push(Buffer.from(JSON.stringify(TOOL_ANSWER, null, undefined)))).toEqual([])
    expect(decoder.flush()).toEqual([
      delta({
        role: 'assistant',
        tool_calls: [{ index: 0, id: 'call_k3j2h1g0', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }],
      }),
      delta({}, 'tool_calls'),
      usage(26, 282),
      END,
    ])
  })

  it('takes CRLF and a byte order mark', () => {
    const decoder = decoderFor('chat')
    expect(decoder.push(Buffer.from(`\ufeff${CHAT_STREAM.join('\r\n')}\r\n`))).toEqual(EXPECTED)
  })
})

describe('the stream of a completion', () => {
  const completion = (choices: readonly object[], rest: object = {}): object => ({
    kind: 'chunk',
    chunk: { id: 'cmpl-req-1', object: 'text_completion', created: CREATED, model: 'smart', choices, ...rest },
  })
  const text = (text: string, rest: object = {}): object => completion([{ index: 0, text, logprobs: null, finish_reason: null, ...rest }])

  it('gives texts, then reason, usage and end', () => {
    expect(decodeAll(GENERATE_STREAM, 'completion')).toEqual([
      text('The sky '),
      text('is blue.'),
      text('', { finish_reason: 'stop' }),
      completion([], { usage: { prompt_tokens: 5, completion_tokens: 6, total_tokens: 11 } }),
      END,
    ])
  })

  it('carries thinking, and log probabilities at their place in the text', () => {
    const piece = (response: string, rest: object = {}): object => ({
      created_at: '2026-08-21T10:00:00Z',
      response,
      done: false,
      ...rest,
    })
    const told = (token: string, at: number) => ({ tokens: [token], token_logprobs: [-1], top_logprobs: [{}], text_offset: [at] })
    const logprobs = [{ token: 'abc', logprob: -1 }]
    expect(
      decodeAll(
        [
          piece('', { thinking: 'Hm.' }),
          piece(''),
          piece('abc', { logprobs }),
          piece('de'),
          piece('', { logprobs }),
          piece('', { done: true, done_reason: 'length' }),
        ],
        'completion',
      ).slice(0, -2),
    ).toEqual([
      text('', { reasoning_content: 'Hm.' }),
      text('abc', { logprobs: told('abc', 0) }),
      text('de'),
      text('', { logprobs: told('abc', 5) }),
      text('', { finish_reason: 'length' }),
    ])
  })

  it('refuses a line without a text', () => {
    expect(() => decodeAll([line({ content: 'a' })], 'completion')).toThrow(mismatch('An answer to a completion has no text'))
  })
})

describe('how a stream ends', () => {
  it('tells an error in its midst, and nothing after it', () => {
    expect(decodeAll([line({ content: 'a' }), '{"error":"llama runner process has terminated"}', line({ content: 'b' }), last()])).toEqual([
      delta({ role: 'assistant', content: 'a' }),
      errorPiece('llama runner process has terminated'),
    ])
    expect(decodeAll([CONTEXT_EXCEEDED])).toEqual([
      errorPiece('request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it', {
        type: 'exceed_context_size_error',
        code: '400',
      }),
    ])
  })

  it.each([[{ done_reason: '' }], [{ done_reason: undefined }], [{ done_reason: 1 }]])(
    'takes a last line with %j for a failure',
    (rest) => {
      expect(decodeAll([line({ content: 'a' }), last({ ...rest, message: { content: 'b' } }), 'x'])).toEqual([
        delta({ role: 'assistant', content: 'a' }),
        delta({ content: 'b' }),
        errorPiece('The model server broke off its answer'),
      ])
    },
  )

  it('has no end where the stream was cut off, between lines or within one', () => {
    const begun = [delta({ role: 'assistant', reasoning_content: 'The user' }), delta({ content: 'Es ist kühl, 3 °C ❄' })]
    const whole = Buffer.from(`${CHAT_STREAM.join('\n')}\n`)
    const twoLines = Buffer.from(`${CHAT_STREAM.slice(0, 2).join('\n')}\n`).length
    expect(outcomeOf(decoderFor('chat'), [whole.subarray(0, twoLines)])).toEqual(begun)
    expect(outcomeOf(decoderFor('chat'), [whole.subarray(0, twoLines + 40)])).toEqual(begun)
    expect(outcomeOf(decoderFor('chat'), [Buffer.concat([whole.subarray(0, twoLines), Buffer.from([0x7b, 0xc3])])])).toEqual(begun)
    expect(outcomeOf(decoderFor('chat'), [Buffer.from('404 page not found')])).toEqual([])
    expect(outcomeOf(decoderFor('chat'), [])).toEqual([])
  })

  it('ends with true alone', () => {
    expect(decodeAll([last({ message: { content: 'a' }, done: 'true' })])).toEqual([delta({ role: 'assistant', content: 'a' })])
  })

  it('passes over what follows the end', () => {
    const decoder = decoderFor('chat')
    const one = decoder.push(Buffer.from(`${JSON.stringify(last())}\nnonsense\n`))
    expect(one.map(({ kind }) => kind)).toEqual(['chunk', 'chunk', 'end'])
    expect(decoder.push(Buffer.from('nonsense\n'))).toEqual([])
    expect(decoder.push(Buffer.from(JSON.stringify(last())))).toEqual([])
    expect(decoder.flush()).toEqual([])
  })

  it('passes over a line after the end that has no line feed', () => {
    const decoder = decoderFor('chat')
    expect(decoder.push(Buffer.from(`${JSON.stringify(last())}\n${JSON.stringify(last())}`))).toHaveLength(3)
    expect(decoder.flush()).toEqual([])
  })
})

describe('bytes that make no sense', () => {
  const NO_OBJECT = 'A line of a stream is no JSON object'

  it.each(['nonsense', '[]', '"text"', 'null', '{"a":'])('the line %j', (text) => {
    expect(() => decoderFor('chat').push(Buffer.from(`${text}\n`))).toThrow(mismatch(NO_OBJECT))
  })

  it('a line that is no UTF-8, with its line feed or without', () => {
    const bytes = Buffer.concat([Buffer.from('{"message":{"content":"'), Buffer.from([0xff]), Buffer.from('"},"done":false}')])
    expect(() => decoderFor('chat').push(Buffer.concat([bytes, Buffer.from('\n')]))).toThrow(mismatch(NO_OBJECT))
    const decoder = decoderFor('chat')
    expect(decoder.push(bytes)).toEqual([])
    expect(() => decoder.flush()).toThrow(mismatch(NO_OBJECT))
  })

  it('a line without a message', () => {
    expect(() => decodeAll([{ model: 'qwen3:8b', done: false }])).toThrow(mismatch('An answer to a chat has no message'))
  })

  it('after a good line: the good one is given, and the next call throws, as do all after it', () => {
    const decoder = decoderFor('chat')
    expect(decoder.push(Buffer.from(`${JSON.stringify(line({ content: 'a' }))}\nnonsense\n`))).toEqual([
      delta({ role: 'assistant', content: 'a' }),
    ])
    expect(() => decoder.push(Buffer.from(`${JSON.stringify(line({ content: 'b' }))}\n`))).toThrow(mismatch(NO_OBJECT))
    expect(() => decoder.flush()).toThrow(mismatch(NO_OBJECT))
  })

  it('a line that is too long, however it comes', () => {
    const tooLong = mismatch('A line of a stream is longer than 16777216 bytes')
    const good = JSON.stringify(line({ content: 'a' }))
    const longest = Buffer.alloc(16 * 1024 ** 2, ' ')
    longest.write(good)
    const given = [delta({ role: 'assistant', content: 'a' })]

    expect(decoderFor('chat').push(Buffer.concat([longest, Buffer.from('\n')]))).toEqual(given)
    expect(() => decoderFor('chat').push(Buffer.concat([longest, Buffer.from(' \n')]))).toThrow(tooLong)

    const decoder = decoderFor('chat')
    expect(decoder.push(longest)).toEqual([])
    expect(() => decoder.push(Buffer.from(' '))).toThrow(tooLong)
    expect(() => decoder.flush()).toThrow(tooLong)

    const ended = decoderFor('chat')
    expect(ended.push(Buffer.concat([Buffer.from(`${JSON.stringify(last())}\n`), longest, Buffer.from(' ')]))).toHaveLength(3)
    expect(ended.push(Buffer.from(' '))).toEqual([])
    expect(ended.flush()).toEqual([])
  })
})

describe('any cut of the bytes', () => {
  const streams: readonly (readonly [name: string, endpoint: EndpointId, text: string])[] = [
    ['a chat', 'chat', `${CHAT_STREAM.join('\n')}\n`],
    ['a chat with CRLF and without the last line feed', 'chat', `\ufeff${CHAT_STREAM.join('\r\n\r\n')}`],
    ['a completion', 'completion', `${GENERATE_STREAM.join('\n')}\n`],
    ['an error in its midst', 'chat', `${CHAT_STREAM.slice(0, 2).join('\n')}\n{"error":"größer"}\n${CHAT_STREAM[3]}\n`],
    ['nonsense in its midst', 'chat', `${CHAT_STREAM.slice(0, 2).join('\n')}\n❄ nonsense\n${CHAT_STREAM[3]}\n`],
    ['a cut-off answer', 'chat', `${CHAT_STREAM.slice(0, 2).join('\n')}\n${CHAT_STREAM[2].slice(0, 90)}`],
  ]

  it.each(streams)('%s', (_name, endpoint, text) => {
    const bytes = Buffer.from(text)
    const whole = outcomeOf(decoderFor(endpoint), [bytes])
    expect(whole.length).toBeGreaterThan(1)
    expect(outcomeOf(decoderFor(endpoint), cut(bytes, [...bytes.keys()]))).toEqual(whole)
    fc.assert(
      fc.property(fc.array(fc.nat({ max: bytes.length }), { maxLength: 12 }), (places) => {
        expect(outcomeOf(decoderFor(endpoint), cut(bytes, places))).toEqual(whole)
      }),
      { numRuns: 60 },
    )
  })
})
