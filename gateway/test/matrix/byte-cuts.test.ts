import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { codecOf, loadCodecs } from '../../src/adapters/codecs/codec-of.ts'
import type { StreamDecoder, StreamPiece } from '../../src/adapters/codecs/codec.ts'
import { anthropicDialect } from '../../src/dialects/anthropic/anthropic.ts'
import type { Dialect, StreamEncoder } from '../../src/dialects/dialect.ts'
import { ollamaChatDialect } from '../../src/dialects/ollama/ollama-chat.ts'
import { responsesDialect } from '../../src/dialects/responses/responses.ts'
import { fromOpenAiError } from '../../src/errors/openai-error.ts'
import { createSseReader } from '../../src/lib/sse-reader.ts'
import { startDouble, type Reply, type WireName } from '../doubles/double.ts'
import { objectOf, parseObject } from '../doubles/reading.ts'
import { REQUESTS } from '../doubles/requests.ts'
import { ask } from '../support/ask.ts'
import { startedOnce } from '../support/when-over.ts'

/* The way of a stream without its gateway: any cut of a backend's bytes gives the client the same bytes. */

beforeAll(loadCodecs)

const WIRES: readonly WireName[] = ['openai', 'ollama', 'anthropic', 'gemini', 'cohere']

const REPLIES: Readonly<Record<string, Reply>> = {
  'a whole answer': {
    kind: 'message',
    reasoning: 'Zürich?\n世界',
    text: 'Grüße 👋',
    toolCalls: [
      { id: 'call_1', name: 'get_weather', arguments: { city: 'Zürich 👋', list: [1, null] } },
      { id: 'call_2', name: 'get_time', arguments: {} },
    ],
    stop: 'tools',
    usage: { input: 20, output: 9, cached: 4, reasoning: 2 },
  },
  'an error in it': { kind: 'error-in-stream', text: 'Grüße 👋', message: 'Out of memory: 世界' },
  'a cut': { kind: 'cut', text: 'Grüße 👋', how: 'eof' },
}

/** The bytes of each wire's double for each reply. */
const streams = startedOnce(async () => {
  const all = new Map<string, Buffer>()
  for (const wire of WIRES) {
    const double = await startDouble(wire)
    for (const [name, reply] of Object.entries(REPLIES)) {
      double.reply(reply)
      const { path, headers, body } = REQUESTS[wire]
      all.set(`${wire} ${name}`, Buffer.from((await ask(`${double.url}${path(true)}`, { body: body(true), headers })).text))
    }
  }
  return all
})

function streamOf(wire: WireName, name: string): Buffer {
  const bytes = streams().get(`${wire} ${name}`)
  if (bytes === undefined || bytes.length === 0) throw new Error('no stream')
  return bytes
}

function createDecoder(wire: WireName): StreamDecoder {
  const context = { endpoint: 'chat', fields: { model: 'm', messages: [] }, model: 'm', id: 'id-1', created: 1_787_300_000 } as const
  const decoder = codecOf(wire)?.createStreamDecoder(context)
  if (decoder !== undefined) return decoder
  const reader = createSseReader(1024 ** 2)
  return { push: (bytes) => reader.push(bytes).map(({ data }) => pieceOf(String(data).trim())), flush: () => [] }
}

/** OpenAI's events are the canonical form. */
function pieceOf(data: string): StreamPiece {
  if (data === '[DONE]') return { kind: 'end' }
  const json = objectOf(parseObject(data))
  if (json['error'] === undefined) return { kind: 'chunk', chunk: json }
  return {
    kind: 'error',
    error: { message: String(objectOf(json['error'])['message']), type: undefined, param: undefined, code: undefined },
  }
}

/** OpenAI's own clients read the canonical form as it is. */
const asItIs: StreamEncoder = {
  contentType: '',
  push: (chunk) => Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`),
  end: () => Buffer.from('data: [DONE]\n\n'),
  fail: (error) => Buffer.from(`data: ${JSON.stringify({ error: { message: error.message } })}\n\n`),
  heartbeat: () => Buffer.alloc(0),
}

const DIALECTS: Readonly<Record<string, Dialect | undefined>> = {
  openai: undefined,
  anthropic: anthropicDialect,
  responses: responsesDialect,
  ollama: ollamaChatDialect,
}

const createEncoder = (dialect: Dialect | undefined): StreamEncoder =>
  dialect?.createStreamEncoder({
    fields: { model: 'm' },
    model: 'm',
    id: 'id-2',
    createdMs: 1_787_300_000_000,
    now: () => 1_787_300_001_000,
  }) ?? asItIs

/** What a client gets of bytes that come in these chunks, and whether the decoder threw in the end. */
function told(wire: WireName, dialect: Dialect | undefined, chunks: readonly Buffer[]): string {
  const decoder = createDecoder(wire)
  const encoder = createEncoder(dialect)
  let text = ''
  const take = (pieces: readonly StreamPiece[]): void => {
    for (const piece of pieces) text += String(bytesOf(encoder, piece))
  }
  try {
    for (const chunk of chunks) take(decoder.push(chunk))
    take(decoder.flush())
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'CodecMismatch') throw error
    text += `<${error.message}>`
  }
  return text
}

function bytesOf(encoder: StreamEncoder, piece: StreamPiece): Buffer {
  if (piece.kind === 'chunk') return encoder.push(piece.chunk)
  return piece.kind === 'end' ? encoder.end() : encoder.fail(fromOpenAiError({ ...piece.error }))
}

function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b)
  return [0, ...at].map((start, index) => bytes.subarray(start, at[index] ?? bytes.length))
}

function holds(wire: WireName, dialect: Dialect | undefined, bytes: Buffer): void {
  const whole = told(wire, dialect, [bytes])
  const each = Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1))
  expect(told(wire, dialect, each)).toBe(whole)
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 12 }), (places) => {
      expect(told(wire, dialect, cutAt(bytes, places))).toBe(whole)
    }),
    { numRuns: 30 },
  )
}

const CELLS = WIRES.flatMap((wire) => Object.keys(DIALECTS).map((dialect) => [wire, dialect] as const))

describe.each(Object.keys(REPLIES))('%s', (name) => {
  it.each(CELLS)('of %s is the same to %s however its bytes come', (wire, dialect) => {
    const bytes = streamOf(wire, name)
    expect(told(wire, DIALECTS[dialect], [bytes])).toContain('Grüße 👋'.slice(0, 2))
    holds(wire, DIALECTS[dialect], bytes)
  })
})

describe('nonsense in the middle', () => {
  const NONSENSE: Readonly<Record<WireName, string>> = {
    openai: '',
    ollama: 'nonsense\n',
    anthropic: 'event: content_block_delta\ndata: nonsense\n\n',
    gemini: 'data: nonsense\r\n\r\n',
    cohere: 'event: content-delta\ndata: nonsense\n\n',
  }

  it.each(WIRES.filter((wire) => wire !== 'openai'))('of %s comes after what stood before it, however the bytes come', (wire) => {
    const bytes = Buffer.concat([streamOf(wire, 'a cut'), Buffer.from(NONSENSE[wire])])
    expect(told(wire, undefined, [bytes])).toMatch(/👋.*<.*>$/s)
    holds(wire, undefined, bytes)
  })
})
