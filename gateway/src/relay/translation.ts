import { randomUUID } from 'node:crypto'
import { codecOf } from '../adapters/codecs/codec-of.ts'
import type { AnswerContext, Codec, StreamPiece } from '../adapters/codecs/codec.ts'
import type { Instance, Route } from '../config/snapshot.ts'
import type { Call } from '../endpoints/call.ts'
import type { EventReader } from '../endpoints/native-form.ts'
import { DONE_EVENT } from '../endpoints/stream-tap.ts'
import { eventOf } from '../lib/sse-event.ts'
import { createSseReader, type SseEvent } from '../lib/sse-reader.ts'

/** How the answers of an instance that speaks another wire format become canonical ones. */
export interface Translation {
  readonly codec: Codec
  readonly context: AnswerContext
}

/** Undefined where nothing is to be translated. `nowMs`: epoch milliseconds. */
export function translationFor(
  call: Call,
  { instance, route, nowMs }: { instance: Instance; route: Route; nowMs: number },
): Translation | undefined {
  const codec = codecOf(instance.backend.adapter.wire)
  if (codec === undefined || call.kind !== 'json') return undefined
  const { fields, endpoint } = call
  return { codec, context: { endpoint: endpoint.id, fields, model: route.model, id: randomUUID(), created: Math.floor(nowMs / 1_000) } }
}

/** Reads what a backend streams, in whatever wire format. Throws as the reader of the format does. */
export function createEventReader(call: Call, translation: Translation | undefined): EventReader {
  const decoder = translation?.codec.createStreamDecoder(translation.context)
  if (decoder !== undefined) return { push: (bytes) => decoder.push(bytes).map(toEvent), flush: () => decoder.flush().map(toEvent) }
  const reader = createSseReader(call.endpoint.maximumEventBytes)
  return {
    push: (bytes) => reader.push(bytes),
    // A last event without its blank line is no event, but for the `[DONE]` that some servers end with.
    flush: () => reader.flush().filter((event) => event.data?.toString().trim() === '[DONE]'),
  }
}

function toEvent(piece: StreamPiece): SseEvent {
  switch (piece.kind) {
    case 'chunk':
      return eventOf(piece.chunk)
    case 'error':
      return eventOf({ error: piece.error })
    case 'end':
      return { bytes: DONE_EVENT, data: DONE_DATA, name: undefined, comment: false, errorField: undefined }
  }
}

const DONE_DATA = Buffer.from('[DONE]')
