import { isErrorBody } from '../../../errors/upstream-error-body.ts'
import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { createSseReader, SseOverflow, type SseEvent } from '../../../lib/sse-reader.ts'
import { CodecMismatch, type AnswerContext, type StreamDecoder, type StreamPiece } from '../codec.ts'
import { createPieceGate } from '../piece-gate.ts'
import { decodeInnerError } from './decode-error.ts'
import { createStreamedMessage, type StreamedMessage } from './streamed-message.ts'

/** The results of tools that Anthropic runs itself come whole in one event; as much as an event with an image may have. */
const MAXIMUM_EVENT_BYTES = 16 * 1024 ** 2
/** No part of the format, but some servers and proxies send it. */
const DONE = '[DONE]'

/** Anthropic's events as OpenAI's chunks. `message_stop` is the proper end. */
export function createMessageDecoder(context: AnswerContext): StreamDecoder {
  const reader = createSseReader(MAXIMUM_EVENT_BYTES)
  const message = createStreamedMessage(context)
  const gate = createPieceGate()
  let over = false

  function take(event: SseEvent): StreamPiece[] {
    if (over) return []
    const text = event.data?.toString('utf8').trim() ?? ''
    if (text === '' || text === DONE) return []
    const pieces = piecesOf(message, parse(text), event.name)
    over = pieces.some((piece) => piece.kind !== 'chunk')
    return pieces
  }

  const takeAll = (events: readonly SseEvent[]): StreamPiece[] =>
    gate((pieces) => {
      for (const event of events) pieces.push(...take(event))
    })

  return {
    push: (bytes) => takeAll(bounded(() => reader.push(bytes))),
    // An event without its blank line may have been cut: only an end is taken, which says that nothing is missing.
    flush: () => takeAll(bounded(() => reader.flush()).filter(isEnd)),
  }
}

function piecesOf(message: StreamedMessage, event: unknown, name: string | undefined): StreamPiece[] {
  if (!isObject(event)) throw new CodecMismatch('An event of the stream is no JSON object')
  switch (event['type']) {
    case 'message_start':
      return message.start(event)
    case 'content_block_start':
      return message.startBlock(event)
    case 'content_block_delta':
      return message.continueBlock(event)
    case 'content_block_stop':
      return message.stopBlock(event)
    case 'message_delta':
      return message.conclude(event)
    case 'message_stop':
      return message.end()
    case 'error':
      return failure(event)
    default:
      // Pings and events of a later version mean nothing; an error without a type may come from a proxy between.
      return name === 'error' || isErrorBody(event) ? failure(event) : []
  }
}

function failure(event: JsonObject): StreamPiece[] {
  return [{ kind: 'error', error: decodeInnerError(event) }]
}

function bounded(events: () => SseEvent[]): SseEvent[] {
  try {
    return events()
  } catch (error) {
    if (error instanceof SseOverflow) throw new CodecMismatch(error.message)
    throw error
  }
}

function isEnd(event: SseEvent): boolean {
  const json = parse(event.data?.toString('utf8') ?? '')
  return isObject(json) && json['type'] === 'message_stop'
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
