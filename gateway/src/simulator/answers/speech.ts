import type { Call } from '../call.ts'
import { stringOf } from '../json.ts'
import { BadRequest, bytesReply, eventReply, type Reply, type Step } from '../reply.ts'
import { mix32 } from '../../lib/hash.ts'
import { seedOf, tokenCount } from '../text.ts'

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  mp3: 'audio/mpeg',
  opus: 'audio/opus',
  aac: 'audio/aac',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
}
/** What a player looks for first; the rest of the file is noise. */
const MAGIC: Readonly<Record<string, string>> = { mp3: 'ID3\u0004', opus: 'OggS', aac: '\u00ff\u00f1', flac: 'fLaC' }
const SAMPLE_RATE = 24_000
const BYTES_PER_CHARACTER = 256
const MAXIMUM_BYTES = 1_048_576
const CHUNK_BYTES = 4_096

/** `/v1/audio/speech`: bytes in chunks, labelled as asked; WAV and PCM can be played. */
export function answerSpeech(call: Call): Reply {
  const input = stringOf(call.body['input'])
  if (input === undefined || input === '')
    throw new BadRequest("Missing required parameter: 'input'", 'input', 'missing_required_parameter')
  const format = stringOf(call.body['response_format']) ?? 'mp3'
  const contentType = CONTENT_TYPES[format]
  if (contentType === undefined) throw new BadRequest(`Unknown response_format '${format}'`, 'response_format', 'invalid_value')
  const audio = audioOf(format, seedOf(call.model, input), Math.min(input.length * BYTES_PER_CHARACTER, MAXIMUM_BYTES))
  const tokens = tokenCount(input)
  if (call.body['stream_format'] === 'sse') {
    const deltas = chunksOf(audio).map((chunk) => ({ type: 'speech.audio.delta', audio: chunk.toString('base64') }))
    const usage = { input_tokens: tokens, output_tokens: deltas.length, total_tokens: tokens + deltas.length }
    return { ...eventReply([...deltas, { type: 'speech.audio.done', usage }]), tokens: deltas.length }
  }
  const steps: readonly Step[] = chunksOf(audio)
  return { ...bytesReply(200, contentType, audio), body: { kind: 'steps', steps }, tokens }
}

function chunksOf(bytes: Buffer): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / CHUNK_BYTES) }, (_, index) =>
    bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES),
  )
}

function audioOf(format: string, seed: number, length: number): Buffer {
  const samples = Buffer.alloc(length)
  // A triangle wave, its pitch from the seed.
  const period = 40 + (seed % 160)
  for (let at = 0; at + 1 < length; at += 2) {
    const phase = ((at / 2) % period) / period
    samples.writeInt16LE(Math.round((Math.abs(phase - 0.5) * 4 - 1) * 8_000), at)
  }
  if (format === 'pcm') return samples
  if (format === 'wav') return Buffer.concat([wavHead(length), samples])
  const noise = Buffer.from(Array.from({ length: Math.ceil(length / 4) }, (_, index) => mix32(seed, index) & 0xff))
  return Buffer.concat([Buffer.from(MAGIC[format] ?? '', 'latin1'), noise])
}

function wavHead(length: number): Buffer {
  const head = Buffer.alloc(44)
  head.write('RIFF', 0, 'latin1')
  head.writeUInt32LE(36 + length, 4)
  head.write('WAVEfmt ', 8, 'latin1')
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(SAMPLE_RATE, 24)
  head.writeUInt32LE(SAMPLE_RATE * 2, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36, 'latin1')
  head.writeUInt32LE(length, 40)
  return head
}
