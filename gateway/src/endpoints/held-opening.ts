import type { SseEvent } from '../lib/sse-reader.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import type { StreamTap } from './stream-tap.ts'

/**
 * Holds back what only opens a completion's stream (whose message it is, an empty text) until something of the answer
 * comes, so that an error in between can still be answered by another instance. Then it costs nothing any more.
 */
export function heldOpening(tap: StreamTap): StreamTap {
  let held: Buffer[] | undefined = []
  return {
    ...tap,
    inspect(event) {
      const verdict = tap.inspect(event)
      if (held === undefined || event.comment || (verdict !== 'pass' && !Buffer.isBuffer(verdict))) return verdict
      const bytes = verdict === 'pass' ? event.bytes : verdict
      if (isOpening(event)) {
        held.push(bytes)
        return 'hide'
      }
      const opening = held
      held = undefined
      return opening.length === 0 ? verdict : Buffer.concat([...opening, bytes])
    },
  }
}

function isOpening({ data }: SseEvent): boolean {
  const chunk = parsed(data)
  return chunk !== undefined && isOpeningChunk(chunk)
}

/** It tells whose message it is, and nothing of the answer. */
export function isOpeningChunk({ choices, usage }: JsonObject): boolean {
  if (!Array.isArray(choices) || isObject(usage)) return false
  return choices.every((choice: unknown) => isObject(choice) && saysNothing(choice))
}

/** A role, and what is empty beside it. */
function saysNothing({ delta, text, finish_reason: reason }: JsonObject): boolean {
  if (reason !== null && reason !== undefined) return false
  if (!isObject(delta)) return text === ''
  return Object.entries(delta).every(
    ([key, value]) => key === 'role' || value === null || value === '' || (Array.isArray(value) && value.length === 0),
  )
}

function parsed(data: Buffer | undefined): JsonObject | undefined {
  try {
    const json: unknown = data === undefined ? undefined : JSON.parse(data.toString('utf8'))
    return isObject(json) ? json : undefined
  } catch {
    return undefined
  }
}
