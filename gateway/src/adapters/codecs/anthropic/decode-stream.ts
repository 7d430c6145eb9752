import { isErrorBody } from '../../../errors/upstream-error-body.ts'
import type { JsonObject } from '../../../lib/json.ts'
import { errorInside } from '../canonical/error-in-answer.ts'
import { createEventDecoder } from '../canonical/event-decoder.ts'
import type { AnswerContext, StreamDecoder, StreamPiece } from '../codec.ts'
import { decodeError } from './decode-error.ts'
import { createStreamedMessage, type StreamedMessage } from './streamed-message.ts'

/** The results of tools that Anthropic runs itself come whole in one event; as much as an event with an image may have. */
const MAXIMUM_EVENT_BYTES = 16 * 1024 ** 2

/** Anthropic's events as OpenAI's chunks. `message_stop` is the proper end. */
export function createMessageDecoder(context: AnswerContext): StreamDecoder {
  const message = createStreamedMessage(context)
  return createEventDecoder({ maximumEventBytes: MAXIMUM_EVENT_BYTES, read: (event, name) => piecesOf(message, event, name) })
}

function piecesOf(message: StreamedMessage, event: JsonObject, name: string | undefined): StreamPiece[] {
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
  return [{ kind: 'error', error: errorInside(event, decodeError) }]
}
