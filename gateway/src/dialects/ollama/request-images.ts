import { isDataUrl, toDataUrl } from '../../lib/data-url.ts'
import { isAbsent } from '../../lib/json.ts'
import { invalid } from '../canonical/field-checks.ts'
import { imagePart, type MediaPart } from '../canonical/message-parts.ts'

/** Base64 characters that hold the first twelve bytes, by which every kind is told. */
const HEAD_CHARACTERS = 16
const BASE64_HEAD = /^[A-Za-z0-9+/=]+$/

/** `images` -> content parts; sounds for models that can hear travel among them. Each is bare base64; a data URL is taken as well. */
export function toMediaParts(images: unknown, path: string): MediaPart[] {
  if (isAbsent(images)) return []
  if (!Array.isArray(images)) throw invalid(path, 'an array of images')
  return images.map((image: unknown, at) => toMediaPart(image, `${path}[${at}]`))
}

function toMediaPart(image: unknown, path: string): MediaPart {
  if (typeof image !== 'string') throw invalid(path, 'an image in base64')
  if (isDataUrl(image)) return imagePart(image)
  const data = withoutLineBreaks(image)
  const head = data.slice(0, HEAD_CHARACTERS)
  if (!BASE64_HEAD.test(head)) throw invalid(path, 'an image in base64')
  const kind = kindOf(Buffer.from(head, 'base64'))
  if (kind === 'wav' || kind === 'mp3') return { type: 'input_audio', input_audio: { data, format: kind } }
  return imagePart(toDataUrl(`image/${kind}`, data))
}

/** Ollama's decoder passes over them; in a URL they would end it. */
function withoutLineBreaks(text: string): string {
  return text.includes('\n') || text.includes('\r') ? text.replaceAll(/[\r\n]/g, '') : text
}

/** What is of no known kind is called a JPEG, as Ollama does: most servers look at the bytes and not at the name. */
function kindOf(head: Buffer): 'png' | 'gif' | 'webp' | 'bmp' | 'jpeg' | 'wav' | 'mp3' {
  const text = head.toString('latin1')
  if (text.startsWith('\u0089PNG')) return 'png'
  if (text.startsWith('GIF8')) return 'gif'
  if (text.startsWith('BM')) return 'bmp'
  if (text.startsWith('RIFF') && text.endsWith('WEBP')) return 'webp'
  if (text.startsWith('RIFF') && text.endsWith('WAVE')) return 'wav'
  return text.startsWith('ID3') || isMpegFrame(head) ? 'mp3' : 'jpeg'
}

/** Eleven bits set begin a frame; a JPEG's second byte, 0xd8, has only ten. */
function isMpegFrame([first = 0, second = 0]: Buffer): boolean {
  return first === 0xff && (second & 0xe0) === 0xe0
}
