/** What a chat completion's user message is made of. */
export type Part = TextPart | MediaPart
export interface TextPart {
  readonly type: 'text'
  readonly text: string
}
export interface MediaPart {
  readonly type: 'image_url' | 'file' | 'input_audio'
  readonly [key: string]: unknown
}

export function textPart(text: string): TextPart {
  return { type: 'text', text }
}

export function imagePart(url: string, rest: { readonly detail?: string } = {}): MediaPart {
  return { type: 'image_url', image_url: { url, ...rest } }
}

/** One text as a string: the oldest form, and the only one that every chat template takes. */
export function contentOf(parts: readonly Part[]): string | readonly Part[] {
  const [first] = parts
  if (first === undefined) return ''
  return parts.length === 1 && first.type === 'text' ? first.text : parts
}
