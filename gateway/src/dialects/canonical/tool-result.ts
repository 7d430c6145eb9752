import { textPart, type MediaPart, type Part } from './message-parts.ts'

export interface ToolResult {
  /** Its text, a part a line. */
  readonly text: string
  /** For a user message that follows the results. */
  readonly media: readonly Part[]
}

/**
 * What a tool gave back. A `tool` message of a chat completion holds text alone: images and files move behind it, with a
 * note at both ends. `id`: of the call.
 */
export function toToolResult(id: string, parts: readonly Part[]): ToolResult {
  const media: Part[] = []
  let moved = 0

  function note(part: MediaPart): string {
    moved += 1
    const name = `${NOUNS[part.type]} ${moved} of tool result ${id}`
    media.push(textPart(`[${name}]`), part)
    return `[${name}: in the next message]`
  }

  const lines = parts.map((part) => (part.type === 'text' ? part.text : note(part)))
  return { text: lines.filter((line) => line !== '').join('\n'), media }
}

const NOUNS: Readonly<Record<MediaPart['type'], string>> = { image_url: 'image', file: 'file', input_audio: 'recording' }
