import type { SseEvent } from './sse-reader.ts'

const PREFIX = 'data: '

/** An event of its own with this JSON as its data. */
export function eventOf(json: object): SseEvent {
  const bytes = Buffer.from(`${PREFIX}${JSON.stringify(json)}\n\n`)
  return { bytes, data: bytes.subarray(PREFIX.length, -2), name: undefined, comment: false, errorField: undefined }
}

/** One server-sent event with a name and JSON as its data, framed. */
export function sseEvent(name: string, data: object): string {
  return `event: ${name}\n${PREFIX}${JSON.stringify(data)}\n\n`
}
