import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CodecMismatch, type AnswerContext, type StreamPiece } from '../codec.ts'
import { BLOCKED_PROMPT, OVERLOADED, PARTIAL_CALL_FRAMES, STREAM_FRAMES, streamOf, TEXT_FRAMES } from './fixtures/answers.ts'
import { chatContext, completionContext } from './fixtures/contexts.ts'
import { createGenerateStreamDecoder } from './stream.ts'

/** All pieces of a stream that comes in these cuts; `broken` where the decoder threw a CodecMismatch. */
function decodeCuts(bytes: Buffer, cuts: readonly number[], context: AnswerContext): readonly (StreamPiece | 'broken')[] {
  const decoder = createGenerateStreamDecoder(context)
  const pieces: (StreamPiece | 'broken')[] = []
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)
  try {
    for (const [index, place] of places.slice(1).entries()) pieces.push(...decoder.push(bytes.subarray(places[index], place)))
    pieces.push(...decoder.flush())
  } catch (error) {
    if (!(error instanceof CodecMismatch)) throw error
    pieces.push('broken')
  }
  return pieces
}

const decode = (bytes: Buffer, context = chatContext()) => decodeCuts(bytes, [], context)
const decodeFrames = (frames: readonly unknown[], context = chatContext()) =>
  decode(streamOf(frames.map((frame) => (typeof frame === 'string' ? frame : JSON.stringify(frame)))), context)

const envelope = { id: 'chatcmpl-r-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'smart' }
const piece = (delta: object, rest: object = {}) => ({
  kind: 'chunk',
  chunk: { ...envelope, choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...rest }] },
})
const finish = (reason: string, index = 0) => piece({}, { index, finish_reason: reason })
const usage = (prompt: number, completion: number, reasoning: number) => ({
  kind: 'chunk',
  chunk: {
    ...envelope,
    choices: [],
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
      prompt_tokens_details: { cached_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: reasoning },
    },
  },
})
const end = { kind: 'end' }
const candidate = (parts: unknown, rest: object = {}) => ({ candidates: [{ content: { parts }, ...rest }] })

const CALL = {
  index: 0,
  id: 'call_r-1_0',
  type: 'function',
  function: { name: 'weather', arguments: '{"city":"Tromsø"}' },
  extra_content: { google: { thought_signature: 'EpEg' } },
}

describe('documented streams', () => {
  test('thoughts and a call', () => {
    expect(decodeFrames(STREAM_FRAMES)).toEqual([
      piece({ role: 'assistant', content: '', reasoning_content: 'Let me think' }),
      piece({ tool_calls: [CALL] }),
      finish('tool_calls'),
      usage(9, 79, 64),
      end,
    ])
  })

  test('a text with its signature', () => {
    expect(decodeFrames(TEXT_FRAMES)).toEqual([
      piece({ role: 'assistant', content: 'Grüße 🌍' }),
      piece({ content: ' 日本' }),
      piece({ extra_content: { google: { thought_signature: 'EpcC' } } }),
      finish('stop'),
      usage(15, 58, 52),
      end,
    ])
  })

  test('a call in pieces', () => {
    expect(decodeFrames(PARTIAL_CALL_FRAMES)).toEqual([
      piece({ role: 'assistant', content: '' }),
      piece({
        tool_calls: [
          {
            index: 0,
            id: 'call_r-1_0',
            type: 'function',
            function: { name: 'order', arguments: '{"items":[{"name":"apple"},{"price":0.5}],"now":true,"note":null}' },
            extra_content: { google: { thought_signature: 'AY89' } },
          },
        ],
      }),
      finish('tool_calls'),
      usage(54, 195, 121),
      end,
    ])
  })

  test('a blocked prompt', () => {
    expect(decodeFrames([BLOCKED_PROMPT])).toEqual([
      piece({ role: 'assistant', content: '', refusal: 'The prompt was blocked: PROHIBITED_CONTENT' }),
      finish('content_filter'),
      usage(9, 0, 0),
      end,
    ])
  })

  test('as a completion', () => {
    const text = (choice: object) => ({
      kind: 'chunk',
      chunk: {
        ...envelope,
        id: 'cmpl-r-1',
        object: 'text_completion',
        choices: [{ index: 0, logprobs: null, finish_reason: null, ...choice }],
      },
    })
    expect(decodeFrames(TEXT_FRAMES.slice(1), completionContext())).toEqual([
      text({ text: ' 日本' }),
      text({ text: '', finish_reason: 'stop' }),
      { kind: 'chunk', chunk: expect.objectContaining({ id: 'cmpl-r-1', object: 'text_completion', choices: [] }) },
      end,
    ])
    expect(decodeFrames([{ promptFeedback: { blockReason: 'SAFETY' } }], completionContext())).toEqual([
      text({ text: '', finish_reason: 'content_filter' }),
      end,
    ])
  })
})

describe('calls', () => {
  test('are counted over frames; one that is open at the end comes then', () => {
    const frames = [
      candidate([{ functionCall: { id: 'x', name: 'a' } }, { functionCall: { name: 'b', willContinue: true } }]),
      candidate(
        [
          { functionCall: { name: 'c', willContinue: true } },
          { functionCall: { args: { n: 1 }, willContinue: true }, thoughtSignature: 's' },
        ],
        {
          finishReason: 'STOP',
        },
      ),
    ]
    const call = (index: number, id: string, name: string, args = '{}') => ({
      index,
      id,
      type: 'function',
      function: { name, arguments: args },
    })
    expect(decodeFrames(frames)).toEqual([
      piece({ role: 'assistant', content: '', tool_calls: [call(0, 'x', 'a')] }),
      piece({ tool_calls: [call(1, 'call_r-1_0', 'b')] }),
      piece({ tool_calls: [{ ...call(2, 'call_r-1_1', 'c', '{"n":1}'), extra_content: { google: { thought_signature: 's' } } }] }),
      finish('tool_calls'),
      end,
    ])
  })

  test('one alone, open at the end, makes the end of tool_calls; cut off by the limit it does not', () => {
    const frame = (finishReason: string) => candidate([{ functionCall: { name: 'a', willContinue: true } }], { finishReason })
    const call = { index: 0, id: 'call_r-1_0', type: 'function', function: { name: 'a', arguments: '{}' } }
    const start = [piece({ role: 'assistant', content: '' }), piece({ tool_calls: [call] })]
    expect(decodeFrames([frame('STOP')])).toEqual([...start, finish('tool_calls'), end])
    expect(decodeFrames([frame('MAX_TOKENS')])).toEqual([...start, finish('length'), end])
  })

  test('one at most, where the client wants one', () => {
    const frames = [
      candidate([{ functionCall: { id: 'x', name: 'a' } }, { functionCall: { id: 'y', name: 'b' } }], { finishReason: 'STOP' }),
    ]
    expect(decodeFrames(frames, chatContext({ parallel_tool_calls: false }))).toEqual([
      piece({
        role: 'assistant',
        content: '',
        tool_calls: [{ index: 0, id: 'x', type: 'function', function: { name: 'a', arguments: '{}' } }],
      }),
      finish('tool_calls'),
      end,
    ])
  })
})

test('a finishReason in every frame: the last stands, and nothing is lost after the first', () => {
  const frames = [
    candidate([{ text: 'a' }], { finishReason: 'STOP' }),
    candidate([{ text: 'b' }], { finishReason: 'MAX_TOKENS' }),
    candidate([{ text: 'c' }]),
  ]
  expect(decodeFrames(frames)).toEqual([
    piece({ role: 'assistant', content: 'a' }),
    piece({ content: 'b' }),
    piece({ content: 'c' }),
    finish('length'),
    end,
  ])
})

test('log probabilities and pictures', () => {
  const logprobsResult = { chosenCandidates: [{ token: 'a', logProbability: -1 }] }
  const frames = [
    candidate([{ text: 'a' }, { inlineData: { mimeType: 'image/png', data: 'AA' } }], { logprobsResult, finishReason: 'STOP' }),
  ]
  expect(decodeFrames(frames)[0]).toEqual(
    piece(
      { role: 'assistant', content: 'a', images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } }] },
      { logprobs: { content: [{ token: 'a', logprob: -1, bytes: [97], top_logprobs: [] }], refusal: null } },
    ),
  )
})

describe('several choices', () => {
  const one = (index: number, text: string, rest: object = {}) => ({ content: { parts: [{ text }] }, index, ...rest })
  const frames = [{ candidates: [one(0, 'a'), one(1, 'b')] }, { candidates: [one(1, 'c', { finishReason: 'STOP' })] }]

  test('end when all that began have ended', () => {
    const pieces = [
      piece({ role: 'assistant', content: 'a' }),
      piece({ role: 'assistant', content: 'b' }, { index: 1 }),
      piece({ content: 'c' }, { index: 1 }),
    ]
    expect(decodeFrames(frames)).toEqual(pieces)
    expect(decodeFrames([...frames, { candidates: [one(0, '', { finishReason: 'MAX_TOKENS' })] }])).toEqual([
      ...pieces,
      finish('length', 0),
      finish('stop', 1),
      end,
    ])
  })
})

describe('no proper end', () => {
  test.each([0, 1, 2])('after %d frames', (count) => {
    expect(decodeFrames(STREAM_FRAMES.slice(0, count)).filter((one) => one === 'broken' || one.kind !== 'chunk')).toEqual([])
    expect(decodeFrames(STREAM_FRAMES.slice(0, count))).toHaveLength(count)
  })

  test('half of the last frame is none, the whole of it without its blank line is one', () => {
    const bytes = streamOf(TEXT_FRAMES)
    expect(decode(bytes.subarray(0, -5))).toEqual([piece({ role: 'assistant', content: 'Grüße 🌍' }), piece({ content: ' 日本' })])
    expect(decode(bytes.subarray(0, -4)).at(-1)).toEqual(end)
  })

  test('usage alone is no answer', () => {
    expect(decodeFrames([{ usageMetadata: { promptTokenCount: 1 } }])).toEqual([])
  })
})

describe('errors', () => {
  const error = {
    kind: 'error',
    error: { message: 'The model is overloaded. Please try again later.', type: 'UNAVAILABLE', param: undefined, code: '503' },
  }

  test('in the stream: nothing follows', () => {
    expect(decodeFrames([TEXT_FRAMES[0], OVERLOADED, ...TEXT_FRAMES])).toEqual([piece({ role: 'assistant', content: 'Grüße 🌍' }), error])
  })

  test.each([
    ['an object', JSON.stringify(OVERLOADED)],
    ['an array over many lines', `${JSON.stringify([OVERLOADED], undefined, 2)}\n`],
    ['an array with CRLF', JSON.stringify([OVERLOADED], undefined, 2).replaceAll('\n', '\r\n')],
    ['an array in an event', `data: ${JSON.stringify([OVERLOADED])}\n\n`],
  ])('in place of the stream: %s', (_name, text) => {
    expect(decode(Buffer.from(text))).toEqual([error])
  })

  test('a candidate that failed, after what it said', () => {
    const failed = { content: { parts: [{ text: 'a' }] }, finishReason: 'OTHER' }
    expect(decodeFrames([{ candidates: [failed, { ...failed, index: 1 }] }, ...TEXT_FRAMES])).toEqual([
      piece({ role: 'assistant', content: 'a' }),
      {
        kind: 'error',
        error: { message: 'The model stopped without an answer: OTHER', type: 'upstream_error', param: undefined, code: 'other' },
      },
    ])
  })
})

describe('framing', () => {
  const whole = decodeFrames(TEXT_FRAMES)

  test('an array of frames, as without alt=sse', () => {
    expect(decode(Buffer.from(`[${TEXT_FRAMES.join(',\r\n')}]`))).toEqual(whole)
  })

  test('comments, other fields and the [DONE] of a proxy', () => {
    const extra = `: keep-alive\n\nevent: x\n\nid: 1\n\ndata:\n\n${streamOf(TEXT_FRAMES, '\n').toString()}data: [DONE] \n\n`
    expect(decode(Buffer.from(extra))).toEqual(whole)
  })

  test.each([
    ['data: nonsense\n\n'],
    ['data: "text"\n\n'],
    ['data: [1]\n\n'],
    ['data: {"candidates":[{"content":{"parts":[{"functionCall":1}]}}]}\n\n'],
  ])('what makes no sense is told after what came before it: %j', (text) => {
    const bytes = Buffer.concat([streamOf(TEXT_FRAMES.slice(0, 1)), Buffer.from(text), streamOf(TEXT_FRAMES)])
    expect(decode(bytes)).toEqual([piece({ role: 'assistant', content: 'Grüße 🌍' }), 'broken'])
    expect(decode(Buffer.from(text))).toEqual(['broken'])
  })

  test('a decoder that is broken stays it', () => {
    const decoder = createGenerateStreamDecoder(chatContext())
    expect(() => decoder.push(Buffer.from('data: nonsense\n\n'))).toThrow(CodecMismatch)
    expect(() => decoder.push(streamOf(TEXT_FRAMES))).toThrow(CodecMismatch)
    expect(() => decoder.flush()).toThrow(CodecMismatch)
  })

  test('an event beyond 32 MiB', () => {
    const decoder = createGenerateStreamDecoder(chatContext())
    expect(() => decoder.push(Buffer.alloc(32 * 1024 ** 2, 'a'))).not.toThrow()
    expect(() => decoder.push(Buffer.from('a'))).toThrow(CodecMismatch)
  })

  test.each([
    ['a call', streamOf(STREAM_FRAMES)],
    ['text with LF', streamOf(TEXT_FRAMES, '\n')],
    ['text with CR', streamOf(TEXT_FRAMES, '\r')],
    ['text with CRLF', streamOf(TEXT_FRAMES)],
    ['a call in pieces', streamOf(PARTIAL_CALL_FRAMES)],
    ['an error', Buffer.concat([streamOf(TEXT_FRAMES.slice(0, 2)), Buffer.from(JSON.stringify(OVERLOADED))])],
    ['nonsense', Buffer.concat([streamOf(TEXT_FRAMES.slice(0, 2)), Buffer.from('data: x\r\n\r\n'), streamOf(TEXT_FRAMES)])],
    ['a stream that was cut off', streamOf(TEXT_FRAMES).subarray(0, 300)],
  ])('any cut of %s gives the same', (_name, bytes) => {
    const expected = decode(bytes)
    expect(expected).not.toEqual([])
    const eachByte = Array.from({ length: bytes.length }, (_, index) => index)
    expect(decodeCuts(bytes, eachByte, chatContext())).toEqual(expected)
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
        expect(decodeCuts(bytes, cuts, chatContext())).toEqual(expected)
      }),
      { numRuns: 50 },
    )
  })
})
