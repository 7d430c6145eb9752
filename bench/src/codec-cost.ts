import { codecOf, loadCodecs } from '../../gateway/src/adapters/codecs/codec-of.ts'
import type { StreamPiece } from '../../gateway/src/adapters/codecs/codec.ts'
import { anthropicDialect } from '../../gateway/src/dialects/anthropic/anthropic.ts'
import type { Dialect } from '../../gateway/src/dialects/dialect.ts'
import { ollamaChatDialect } from '../../gateway/src/dialects/ollama/ollama-chat.ts'
import { responsesDialect } from '../../gateway/src/dialects/responses/responses.ts'
import { percentile } from './statistics.ts'

/** CPU time of this process per streamed chunk, in microseconds: of each codec's decoder alone, and of each dialect's encoder. */

const CHUNKS = 5_000
const ROUNDS = 9
const PIECE = 'Grüße, said the fox. '

type Wire = 'ollama' | 'anthropic' | 'gemini' | 'cohere'

const event = (type: string, more: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`

/** What opens a stream of the wire, and one chunk of its text. */
const STREAMS: Readonly<Record<Wire, { readonly opening: string; readonly chunk: string }>> = {
  ollama: {
    opening: '',
    chunk: `${JSON.stringify({ model: 'm', created_at: '2026-08-21T10:00:00.123456789Z', message: { role: 'assistant', content: PIECE }, done: false })}\n`,
  },
  anthropic: {
    opening:
      event('message_start', { message: { id: 'msg_1', role: 'assistant', content: [], usage: { input_tokens: 1, output_tokens: 1 } } }) +
      event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    chunk: event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: PIECE } }),
  },
  gemini: {
    opening: '',
    chunk: `data: ${JSON.stringify({ candidates: [{ content: { parts: [{ text: PIECE }], role: 'model' }, index: 0 }], usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2, totalTokenCount: 3 }, modelVersion: 'm', responseId: 'r' })}\r\n\r\n`,
  },
  cohere: {
    opening:
      event('message-start', { id: 'c', delta: { message: { role: 'assistant' } } }) +
      event('content-start', { index: 0, delta: { message: { content: { type: 'text', text: '' } } } }),
    chunk: event('content-delta', { index: 0, delta: { message: { content: { text: PIECE } } } }),
  },
}

const DIALECTS: Readonly<Record<string, Dialect>> = { anthropic: anthropicDialect, responses: responsesDialect, ollama: ollamaChatDialect }

const fields = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], stream: true }

/** Microseconds of CPU per chunk: the median of some rounds, after one that warms up. */
function cost(run: () => number): number {
  run()
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage()
    const chunks = run()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / chunks
  })
  return percentile(rounds, 0.5) ?? Number.NaN
}

function decode(wire: Wire): readonly StreamPiece[] {
  const decoder = codecOf(wire)?.createStreamDecoder({ endpoint: 'chat', fields, model: 'm', id: 'id', created: 1 })
  if (decoder === undefined) throw new Error(`There are no streams in ${wire}`)
  const { opening, chunk } = STREAMS[wire]
  const pieces = [...decoder.push(Buffer.from(opening))]
  const bytes = Buffer.from(chunk)
  for (let index = 0; index < CHUNKS; index += 1) for (const piece of decoder.push(bytes)) pieces.push(piece)
  return pieces
}

function encode(dialect: Dialect): number {
  const encoder = dialect.createStreamEncoder({ fields, model: 'm', id: 'id', createdMs: 1, now: () => 2 })
  const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' }
  for (let index = 0; index < CHUNKS; index += 1)
    encoder.push({ ...chunk, choices: [{ index: 0, delta: { content: PIECE }, finish_reason: null }] })
  return CHUNKS
}

await loadCodecs()
for (const wire of ['ollama', 'anthropic', 'gemini', 'cohere'] as const) {
  const pieces = decode(wire)
  if (pieces.length < CHUNKS) throw new Error(`${wire}: ${pieces.length} pieces of ${CHUNKS} chunks`)
  console.log(`decoder ${wire.padEnd(10)} ${cost(() => (decode(wire), CHUNKS)).toFixed(2)} µs per chunk`)
}
for (const [name, dialect] of Object.entries(DIALECTS))
  console.log(`encoder ${name.padEnd(10)} ${cost(() => encode(dialect)).toFixed(2)} µs per chunk`)
