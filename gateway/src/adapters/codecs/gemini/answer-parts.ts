import { toDataUrl } from '../../../lib/data-url.ts'
import { isObject, objectsIn, stringOf, textOf, type JsonObject } from '../../../lib/json.ts'
import { signed } from './signature.ts'
import type { ToolCallReader } from './tool-calls.ts'

/** What the parts of a candidate, or of one frame of it, say in OpenAI's words. */
export interface AnswerParts {
  readonly text: string
  readonly reasoning: string
  readonly toolCalls: readonly JsonObject[]
  /** As OpenRouter's `images`: data URLs. */
  readonly images: readonly JsonObject[]
  /** Of parts that are no calls or pictures; the last stands. */
  readonly signature: string | undefined
}

/**
 * Reads `content.parts`, which may be missing as a whole. Text is joined; pictures that belong to thoughts are left out.
 * Parts that only Gemini's own tools make, which the gateway does not offer, are passed over.
 */
export function readParts(candidate: JsonObject, calls: ToolCallReader): AnswerParts {
  const { content } = candidate
  let text = ''
  let reasoning = ''
  let signature: string | undefined
  const toolCalls: JsonObject[] = []
  const images: JsonObject[] = []
  for (const part of objectsIn(isObject(content) ? content['parts'] : undefined)) {
    const thought = part['thought'] === true
    if (part['functionCall'] !== undefined) toolCalls.push(...calls.read(part))
    else if (isObject(part['inlineData'])) {
      if (!thought) images.push(...toImage(part))
    } else {
      const said = stringOf(part['text'])
      if (thought) reasoning += said
      else text += said
      signature = textOf(part['thoughtSignature']) ?? signature
    }
  }
  return { text, reasoning, toolCalls, images, signature }
}

function toImage({ inlineData, thoughtSignature }: JsonObject): readonly JsonObject[] {
  const { mimeType, data } = isObject(inlineData) ? inlineData : {}
  if (typeof mimeType !== 'string' || typeof data !== 'string') return []
  return [{ type: 'image_url', image_url: { url: toDataUrl(mimeType, data) }, ...signed(textOf(thoughtSignature)) }]
}
