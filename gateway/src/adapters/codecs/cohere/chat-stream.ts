import { isObject, stringOf, type JsonObject } from '../../../lib/json.ts'
import { answerHead, createRoleTeller, toChunk, usageChunk } from '../canonical/answer-head.ts'
import { createEventDecoder } from '../canonical/event-decoder.ts'
import { CodecMismatch, type AnswerContext, type StreamDecoder, type StreamPiece } from '../codec.ts'
import { errorIn } from './error-in-answer.ts'
import { failureOf, toFinishReason } from './finish-reason.ts'
import { toLogprobs } from './log-probabilities.ts'
import { createStreamedCalls } from './streamed-calls.ts'
import { toChatUsage } from './token-usage.ts'

/** A citation carries the whole documents that it cites. */
const MAXIMUM_EVENT_BYTES = 16 * 1024 ** 2

/**
 * The bytes of a `/v2/chat` stream -> chunks. Its proper end is `message-end` alone; a `[DONE]` that proxies add means
 * nothing. Whatever follows the end or an error is passed over.
 */
export function createChatStreamDecoder(context: AnswerContext): StreamDecoder {
  return createEventDecoder({ maximumEventBytes: MAXIMUM_EVENT_BYTES, read: heldBack(createEventReader(context)) })
}

type ReadEvent = (event: JsonObject, name: string | undefined) => readonly StreamPiece[]

/** A beginning that says nothing yet comes with what follows it: until then another backend can be asked. */
function heldBack(read: ReadEvent): ReadEvent {
  let opening: readonly StreamPiece[] = []
  return (event, name) => {
    const pieces = read(event, name)
    if ((event['type'] ?? name) === 'message-start') {
      opening = pieces
      return []
    }
    if (pieces.length === 0 || pieces[0]?.kind === 'error') return pieces
    const all = [...opening, ...pieces]
    opening = []
    return all
  }
}

/** One event -> pieces. Types that are not known yet are passed over; citations come as `delta.citations`, one to a chunk. */
function createEventReader(context: AnswerContext): ReadEvent {
  const head = answerHead(context, 'chunk')
  const role = createRoleTeller()
  const calls = createStreamedCalls(context)

  /** `rest` is laid over the choice: its `finish_reason`, its `logprobs`. */
  function chunkOf(delta: JsonObject, rest: JsonObject = {}): StreamPiece {
    return toChunk(head, { index: 0, delta: role.tell(delta), finish_reason: null, ...rest })
  }

  function endOf(delta: JsonObject): readonly StreamPiece[] {
    const reason = delta['finish_reason']
    const error = failureOf(reason, delta['error'])
    if (error !== undefined) return [{ kind: 'error', error }]
    if (typeof reason !== 'string') throw new CodecMismatch('The end of a chat stream has no reason')
    const usage = toChatUsage(delta['usage'])
    return [
      ...calls.endAll().map((rest) => chunkOf(rest)),
      chunkOf({}, { finish_reason: toFinishReason(reason, calls.seen()) }),
      ...(usage === undefined ? [] : [usageChunk(head, usage)]),
      { kind: 'end' },
    ]
  }

  return (event, name) => {
    const { type = name, index, delta } = event
    const message = isObject(delta) && isObject(delta['message']) ? delta['message'] : {}
    const { tool_calls: call, citations } = message
    switch (type) {
      case 'message-start':
        return [chunkOf({ content: '' })]
      case 'content-start':
      case 'content-delta':
        return contentDeltas(message['content'], event['logprobs']).map(([own, rest]) => chunkOf(own, rest))
      case 'tool-plan-delta':
        return contentDeltas({ thinking: message['tool_plan'] }, undefined).map(([own]) => chunkOf(own))
      case 'tool-call-start':
        return [chunkOf(calls.start(index, call))]
      case 'tool-call-delta':
        return calls.add(index, call).map((own) => chunkOf(own))
      case 'tool-call-end':
        return calls.end(index).map((own) => chunkOf(own))
      case 'citation-start':
        return isObject(citations) ? [chunkOf({ citations: [citations] })] : []
      case 'message-end':
        return endOf(isObject(delta) ? delta : {})
      default: {
        const error = errorIn(event)
        return error === undefined ? [] : [{ kind: 'error', error }]
      }
    }
  }
}

function contentDeltas(content: unknown, logprobs: unknown): readonly (readonly [JsonObject, JsonObject?])[] {
  const { text, thinking } = isObject(content) ? content : {}
  const probabilities = toLogprobs([logprobs])
  const deltas: [JsonObject, JsonObject?][] = []
  if (stringOf(thinking) !== '') deltas.push([{ reasoning_content: thinking }])
  if (stringOf(text) !== '') deltas.push([{ content: text }, probabilities === null ? {} : { logprobs: probabilities }])
  return deltas
}
