import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ollamaCodec } from '../../adapters/codecs/ollama/ollama.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { Dialect } from '../dialect.ts'
import { contextOf, MODEL } from './fixtures/context.ts'
import { chunkOf, THINKING_TEXT_CALL, THINKING_TEXT_CALL_LINES, toolDelta, usageChunk } from './fixtures/streams.ts'
import { ollamaChatDialect } from './ollama-chat.ts'
import { ollamaGenerateDialect } from './ollama-generate.ts'

const encode = (chunks: readonly JsonObject[], fields: JsonObject = {}, dialect: Dialect = ollamaChatDialect): string => {
  const encoder = dialect.createStreamEncoder(contextOf(fields))
  return Buffer.concat([...chunks.map((chunk) => encoder.push(chunk)), encoder.end()]).toString()
}
/** Each line as JSON; a client takes an empty one for broken JSON. */
const linesOf = (stream: string): JsonObject[] => {
  expect(stream).toMatch(/^(?:[^\n]+\n)*$/)
  return stream
    .split('\n')
    .slice(0, -1)
    .map((line): JsonObject => JSON.parse(line))
}
const messagesOf = (chunks: readonly JsonObject[], fields: JsonObject = {}) => linesOf(encode(chunks, fields)).map(({ message }) => message)
const says = (rest: JsonObject) => ({ role: 'assistant', content: '', ...rest })
const text = (content: string, reason: string | null = null) => chunkOf({ content }, reason)
const wholeCall = (index: number, name: string, written = '{}') =>
  toolDelta({ index, id: `id-${index}`, function: { name, arguments: written } })

describe('a stream', () => {
  it('is written as Ollama writes it', () => expect(encode(THINKING_TEXT_CALL)).toBe(THINKING_TEXT_CALL_LINES))

  it('is sent as it comes, the calls at its end', () => {
    const encoder = ollamaChatDialect.createStreamEncoder(contextOf())
    expect(encoder.contentType).toBe('application/x-ndjson')
    expect(THINKING_TEXT_CALL.map((chunk) => linesOf(encoder.push(chunk).toString()).length)).toEqual([0, 1, 1, 0, 0, 0, 0, 0])
    expect(linesOf(encoder.end().toString())).toHaveLength(2)
  })

  it('has a line for each chunk that says something, and one to end it', () => {
    const stream = encode([{ choices: [] }, text(''), text('a'), chunkOf({ content: 'b', reasoning_content: 'c' }), text('d', 'length')])
    const at = (tenths: number) => ({ model: MODEL, created_at: `2026-08-21T10:00:00.${tenths}00Z` })
    expect(linesOf(stream)).toStrictEqual([
      { ...at(1), message: says({ content: 'a' }), done: false },
      { ...at(2), message: says({ content: 'b', thinking: 'c' }), done: false },
      { ...at(3), message: says({ content: 'd' }), done: false },
      {
        ...at(4),
        message: says({}),
        done: true,
        done_reason: 'length',
        total_duration: 400_000_000,
        load_duration: 0,
        prompt_eval_duration: 100_000_000,
        eval_duration: 300_000_000,
      },
    ])
  })

  it('counts all as waiting where nothing was said', () => {
    expect(linesOf(encode([chunkOf({}, 'stop'), usageChunk(7, 0)]))).toStrictEqual([
      {
        model: MODEL,
        created_at: '2026-08-21T10:00:00.100Z',
        message: says({}),
        done: true,
        done_reason: 'stop',
        total_duration: 100_000_000,
        load_duration: 0,
        prompt_eval_count: 7,
        prompt_eval_duration: 100_000_000,
        eval_count: 0,
        eval_duration: 0,
      },
    ])
  })

  it('takes the last usage, wherever it stands', () => {
    const moonshot = { choices: [{ index: 0, delta: {}, finish_reason: 'stop', usage: { prompt_tokens: 3, completion_tokens: 4 } }] }
    const last = linesOf(encode([{ ...text('a'), usage: { prompt_tokens: 3, completion_tokens: 1 } }, moonshot])).at(-1)
    expect(last).toMatchObject({ done: true, prompt_eval_count: 3, eval_count: 4 })
  })

  it('keeps the finish reason, and reads the first choice alone', () => {
    const other = { choices: [{ index: 1, delta: { content: 'x' }, finish_reason: 'stop' }] }
    const lines = linesOf(encode([text('a', 'length'), text('b'), other]))
    expect(lines.map(({ message, done_reason: reason }) => [message, reason])).toEqual([
      [says({ content: 'a' }), undefined],
      [says({ content: 'b' }), undefined],
      [says({}), 'length'],
    ])
  })

  it('hides thinking from a client that has switched it off, and says a refusal as text', () => {
    const chunks = [chunkOf({ reasoning: 'r' }), chunkOf({ refusal: 'No.' }), text('', 'stop')]
    expect(messagesOf(chunks, { think: false })).toEqual([says({ content: 'No.' }), says({})])
    expect(messagesOf(chunks)).toEqual([says({ thinking: 'r' }), says({ content: 'No.' }), says({})])
  })

  it('has logprobs for a client that asked, of silent tokens too', () => {
    const chunk = {
      choices: [{ index: 0, delta: { content: '' }, logprobs: { content: [{ token: '<', logprob: -1 }] }, finish_reason: null }],
    }
    const lines = linesOf(encode([chunk, text('', 'stop')], { logprobs: true }))
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatchObject({ message: says({}), done: false, logprobs: [{ token: '<', logprob: -1 }] })
    expect(linesOf(encode([chunk, text('', 'stop')]))).toHaveLength(1)
  })
})

describe('tool calls of a stream', () => {
  it.each([
    [
      'whole, several in a chunk',
      [
        chunkOf({
          tool_calls: [
            { index: 0, id: 'id-0', function: { name: 'a', arguments: '{"x":1}' } },
            { index: 1, id: 'id-1', function: { name: 'b', arguments: '' } },
          ],
        }),
      ],
    ],
    ['whole, one after the other', [chunkOf(wholeCall(0, 'a', '{"x":1}')), chunkOf(wholeCall(1, 'b'))]],
    [
      'in pieces that mix',
      [
        chunkOf(wholeCall(0, 'a', '{"x"')),
        chunkOf(wholeCall(1, 'b', '{')),
        chunkOf(toolDelta({ index: 0, function: { arguments: ':1}' } })),
        chunkOf(toolDelta({ index: 1, id: '', function: { name: '', arguments: '}' } })),
      ],
    ],
    [
      'without indexes',
      [
        chunkOf(toolDelta({ id: 'id-0', function: { name: 'a', arguments: '{"x":1}' } })),
        chunkOf(toolDelta({ id: 'id-1', function: { name: 'b', arguments: '{}' } })),
      ],
    ],
  ])('%s', (_name, chunks) => {
    expect(messagesOf([...chunks, chunkOf({}, 'tool_calls')])).toEqual([
      says({
        tool_calls: [
          { id: 'id-0', function: { index: 0, name: 'a', arguments: { x: 1 } } },
          { id: 'id-1', function: { index: 1, name: 'b', arguments: {} } },
        ],
      }),
      says({}),
    ])
  })

  it('get ids where they have none', () => {
    expect(messagesOf([chunkOf(toolDelta({ index: 0, function: { name: 'a' } })), chunkOf({}, 'stop')])[0]).toEqual(
      says({ tool_calls: [{ id: 'call_req-1_0', function: { index: 0, name: 'a', arguments: {} } }] }),
    )
  })

  it('are left out where they were cut off, and an error where they make no sense', () => {
    const chunks = [text('a'), chunkOf(wholeCall(0, 'f', '{"x":'))]
    expect(messagesOf([...chunks, chunkOf({}, 'length')])).toEqual([says({ content: 'a' }), says({})])
    expect(linesOf(encode([...chunks, chunkOf({}, 'tool_calls')])).slice(1)).toStrictEqual([
      { error: 'The model called a tool in a way that makes no sense' },
    ])
  })
})

describe('a stream that breaks', () => {
  it('ends with the error and nothing more', () => {
    const encoder = ollamaChatDialect.createStreamEncoder(contextOf())
    encoder.push(text('a', 'stop'))
    expect(encoder.fail(new GatewayError('upstream_timeout', 'Too slow')).toString()).toBe('{"error":"Too slow"}\n')
    expect(
      [encoder.push(text('b')), encoder.end(), encoder.heartbeat(), encoder.fail(new GatewayError('upstream_error', 'x'))].join(''),
    ).toBe('')
  })

  it('is closed by its end too', () => {
    const encoder = ollamaChatDialect.createStreamEncoder(contextOf())
    encoder.push(text('a', 'stop'))
    expect(encoder.end().length).toBeGreaterThan(0)
    expect([encoder.push(text('b')), encoder.end(), encoder.fail(new GatewayError('upstream_error', 'x'))].join('')).toBe('')
  })

  it('without a finish reason is no whole answer', () => {
    expect(linesOf(encode([text('a')])).slice(1)).toStrictEqual([{ error: 'The answer broke off before its end' }])
    expect(linesOf(encode([]))).toStrictEqual([{ error: 'The answer broke off before its end' }])
  })

  it('by a finish reason that says so', () => {
    expect(linesOf(encode([text('a', 'error')])).slice(1)).toStrictEqual([{ error: 'The model failed while it answered' }])
  })

  it('has no heartbeat', () => {
    expect(ollamaChatDialect.createStreamEncoder(contextOf()).heartbeat()).toEqual(Buffer.alloc(0))
  })
})

describe('a generated text', () => {
  it('streams from chat chunks', () => {
    const lines = linesOf(encode(THINKING_TEXT_CALL, {}, ollamaGenerateDialect))
    expect(lines.map(({ response, thinking, tool_calls: calls, done }) => ({ response, thinking, calls, done }))).toEqual([
      { response: '', thinking: 'The user', done: false },
      { response: 'It is', done: false },
      {
        response: '',
        calls: [{ id: 'call_k3j2h1g0', function: { index: 0, name: 'get_weather', arguments: { city: 'Oslo' } } }],
        done: false,
      },
      { response: '', done: true },
    ])
    expect(lines.every((line) => !('message' in line))).toBe(true)
  })

  it("streams from a completion's chunks", () => {
    const chunks = [
      { object: 'text_completion', choices: [{ index: 0, text: 'a', logprobs: null, finish_reason: null }] },
      { object: 'text_completion', choices: [{ index: 0, text: 'b', logprobs: null, finish_reason: 'length' }] },
      usageChunk(1, 2),
    ]
    const lines = linesOf(encode(chunks, { raw: true }, ollamaGenerateDialect))
    expect(lines.map(({ response, done }) => [response, done])).toEqual([
      ['a', false],
      ['b', false],
      ['', true],
    ])
    expect(lines[2]).toMatchObject({ done_reason: 'length', prompt_eval_count: 1, eval_count: 2 })
  })
})

describe('properties', () => {
  /** Cut between the halves of a character too. */
  const pieces = fc
    .array(fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }), { maxLength: 6 })
    .map((words) => words.flatMap((word) => word.split('')))

  it('the same text comes out however it came in pieces, and is Ollama to a client', () => {
    fc.assert(
      fc.property(pieces, pieces, (thoughts, words) => {
        const chunks = [
          ...thoughts.map((reasoning_content) => chunkOf({ reasoning_content })),
          ...words.map((word) => text(word)),
          chunkOf({}, 'stop'),
        ]
        const decoder = ollamaCodec.createStreamDecoder({ endpoint: 'chat', fields: {}, model: MODEL, id: 'x', created: 1 })
        const read = [...(decoder?.push(Buffer.from(encode(chunks))) ?? []), ...(decoder?.flush() ?? [])]
        expect(read.at(-1)).toEqual({ kind: 'end' })
        const joined = (key: string) => read.map((piece) => (piece.kind === 'chunk' ? deltaOf(piece.chunk)[key] : undefined) ?? '').join('')
        expect(joined('content')).toBe(words.join(''))
        expect(joined('reasoning_content')).toBe(thoughts.join(''))
      }),
      { numRuns: 50 },
    )
  })

  it('the same call comes out however its arguments were cut', () => {
    const input = { city: 'Tromsø 🌊', list: [1, { deep: '}"{' }] }
    const written = JSON.stringify(input)
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: written.length }), { maxLength: 8 }), (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), written.length]
        const parts = edges.slice(1).map((edge, at) => written.slice(edges[at], edge))
        const deltas = parts.map((part) => chunkOf(toolDelta({ index: 0, function: { arguments: part } })))
        const chunks = [chunkOf(toolDelta({ index: 0, id: 'i', function: { name: 'f' } })), ...deltas, chunkOf({}, 'tool_calls')]
        expect(messagesOf(chunks)[0]).toEqual(says({ tool_calls: [{ id: 'i', function: { index: 0, name: 'f', arguments: input } }] }))
      }),
      { numRuns: 50 },
    )
  })
})

function deltaOf({ choices }: JsonObject): JsonObject {
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  return isObject(choice) && isObject(choice['delta']) ? choice['delta'] : {}
}
