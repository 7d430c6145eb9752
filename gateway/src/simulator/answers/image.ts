import { crc32, deflateSync } from 'node:zlib'
import { mix32 } from '../../lib/hash.ts'
import type { Call } from '../call.ts'
import { arrayOf, countOf, stringOf } from '../json.ts'
import { BadRequest, eventReply, jsonReply, type Reply } from '../reply.ts'
import { CREATED, seedOf, tokenCount } from '../text.ts'
import { fileFacts, type FileFacts } from './transcription.ts'

const MAXIMUM_IMAGES = 10
const SIDE = 8

export function answerImageGeneration(call: Call): Reply {
  return answer(call, { seedText: promptOf(call), files: [], event: 'image_generation' })
}

/** A form with `image` or `image[]`, or JSON with `images`. */
export function answerImageEdit(call: Call): Reply {
  const files = filesOf(call)
  if (files.length === 0 && arrayOf(call.body['images']).length === 0) throw missing('image')
  return answer(call, { seedText: promptOf(call), files, event: 'image_edit' })
}

export function answerImageVariation(call: Call): Reply {
  const files = filesOf(call)
  if (files.length === 0) throw missing('image')
  return answer(call, { seedText: '', files, event: 'image_generation' })
}

function promptOf(call: Call): string {
  const prompt = stringOf(call.body['prompt'])
  if (prompt === undefined || prompt === '') throw missing('prompt')
  return prompt
}

function missing(field: string): BadRequest {
  return new BadRequest(`Missing required parameter: '${field}'`, field, 'missing_required_parameter')
}

function filesOf(call: Call): readonly FileFacts[] {
  return call.parts.filter((part) => part.filename !== undefined).map((part) => fileFacts(part))
}

interface Wanted {
  readonly seedText: string
  readonly files: readonly FileFacts[]
  readonly event: 'image_generation' | 'image_edit'
}

function answer(call: Call, wanted: Wanted): Reply {
  const seed = seedOf(call.model, wanted.seedText, ...wanted.files.map((file) => file.sha256))
  const count = Math.min(countOf(call.body['n']) ?? 1, MAXIMUM_IMAGES)
  const usage = usageOf(tokenCount(wanted.seedText), count)
  const shape = { size: stringOf(call.body['size']) ?? '1024x1024', quality: 'low', background: 'opaque', output_format: 'png' }
  if (call.body['stream'] === true || call.body['stream'] === 'true') {
    const partials = Array.from({ length: countOf(call.body['partial_images']) ?? 0 }, (_, index) => ({
      type: `${wanted.event}.partial_image`,
      b64_json: pngOf(mix32(seed, index + 100)),
      partial_image_index: index,
      created_at: CREATED,
      ...shape,
    }))
    const completed = { type: `${wanted.event}.completed`, b64_json: pngOf(seed), created_at: CREATED, ...shape, usage }
    return eventReply([...partials, completed])
  }
  const asUrl = call.body['response_format'] === 'url'
  const data = Array.from({ length: count }, (_, index) => {
    const own = mix32(seed, index)
    return asUrl ? { url: `https://simulator.invalid/${own}.png` } : { b64_json: pngOf(own) }
  })
  return jsonReply(200, { created: CREATED, data, ...shape, usage, ...(wanted.files.length > 0 ? { files: wanted.files } : {}) })
}

function usageOf(text: number, images: number): object {
  const output = images * 16
  return {
    total_tokens: text + output,
    input_tokens: text,
    output_tokens: output,
    input_tokens_details: { text_tokens: text, image_tokens: 0 },
  }
}

/** A real PNG of one colour, in base64. */
function pngOf(seed: number): string {
  const row = Buffer.alloc(1 + SIDE * 3)
  for (let at = 1; at < row.length; at += 1) row[at] = (seed >>> (((at - 1) % 3) * 8)) & 0xff
  const head = Buffer.alloc(13)
  head.writeUInt32BE(SIDE, 0)
  head.writeUInt32BE(SIDE, 4)
  // Eight bits for each of three colours, no interlace.
  head.set([8, 2, 0, 0, 0], 8)
  const pixels = deflateSync(Buffer.concat(Array.from({ length: SIDE }, () => row)))
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, pngChunk('IHDR', head), pngChunk('IDAT', pixels), pngChunk('IEND', Buffer.alloc(0))]).toString('base64')
}

function pngChunk(type: string, bytes: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), bytes])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, sum])
}
