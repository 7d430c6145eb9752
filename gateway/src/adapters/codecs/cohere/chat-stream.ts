import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { createSseReader, SseOverflow, type SseEvent } from '../../../lib/sse-reader.ts'
import { CodecMismatch, type AnswerContext, type StreamDecoder, type StreamPiece } from '../codec.ts'
import { createPieceGate } from '../piece-gate.ts'
import { createChunkWriter } from './chat-chunks.ts'
import { errorIn } from './error-in-answer.ts'
import { failureOf, toFinishReason } from './finish-reason.ts'
import { toLogprobs } from './log-probabilities.ts'
import { createStreamedCalls } from './streamed-calls.ts'
import { toChatUsage } from './token-usage.ts'

/** A citation carries the whole documents that it cites. */
const MAXIMUM_EVENT_BYTES = 16 * 1024 ** 2

/**
 * The bytes of a `/v2/chat` stream → chunks. Its proper end is `message-end` alone; a `[DONE]` that proxies add means
 * nothing. Whatever follows the end or an error is passed over.
 */
export function createChatStreamDecoder(context: AnswerContext): StreamDecoder {
  const read = createEventDecoder(context)
  const gate = createPieceGate()
  const reader = createSseReader(MAXIMUM_EVENT_BYTES)
  let over = false
  let opening: readonly StreamPiece[] = []

  /** A beginning that says nothing yet comes with what follows it: until then another backend can be asked. */
  function opened(pieces: readonly StreamPiece[]): readonly StreamPiece[] {
    if (pieces.length === 0 || pieces[0]?.kind === 'error') return pieces
    const all = [...opening, ...pieces]
    opening = []
    return all
  }

  function decode(event: SseEvent): readonly StreamPiece[] {
    const text = over || event.data === undefined ? '' : event.data.toString('utf8').trim()
    if (text === '' || text === '[DONE]') return []
    const json = parse(text)
    if (!isObject(json)) throw new CodecMismatch('An event of a chat stream is no JSON object')
    const pieces = read(json, event.name)
    over = pieces.some(({ kind }) => kind !== 'chunk')
    if ((json['type'] ?? event.name) !== 'message-start') return opened(pieces)
    opening = pieces
    return []
  }

  const decodeAll = (events: readonly SseEvent[]): StreamPiece[] =>
    gate((pieces) => {
      for (const event of events) pieces.push(...decode(event))
    })

  return {
    push(bytes) {
      try {
        return decodeAll(reader.push(bytes))
      } catch (error) {
        throw error instanceof SseOverflow ? new CodecMismatch(error.message) : error
      }
    },
    // The last event may have been cut off together with the connection: then it is none, and the missing end tells.
    flush: () => decodeAll(reader.flush().filter(isWhole)),
  }
}

/** One event → pieces. Types that are not known yet are passed over; citations come as `delta.citations`, one to a chunk. */
function createEventDecoder(context: AnswerContext): (event: JsonObject, name: string | undefined) => readonly StreamPiece[] {
  const chunks = createChunkWriter(context)
  const calls = createStreamedCalls(context)

  function endOf(delta: JsonObject): readonly StreamPiece[] {
    const reason = delta['finish_reason']
    const error = failureOf(reason, delta['error'])
    if (error !== undefined) return [{ kind: 'error', error }]
    if (typeof reason !== 'string') throw new CodecMismatch('The end of a chat stream has no reason')
    const usage = toChatUsage(delta['usage'])
    return [
      ...calls.endAll().map((rest) => chunks.delta(rest)),
      chunks.delta({}, { finish_reason: toFinishReason(reason, calls.seen()) }),
      ...(usage === undefined ? [] : [chunks.usage(usage)]),
      { kind: 'end' },
    ]
  }

  return (event, name) => {
    const { type = name, index, delta } = event
    const message = isObject(delta) && isObject(delta['message']) ? delta['message'] : {}
    const { tool_calls: call, citations } = message
    switch (type) {
      case 'message-start':
        return [chunks.delta({ content: '' })]
      case 'content-start':
      case 'content-delta':
        return contentDeltas(message['content'], event['logprobs']).map(([own, rest]) => chunks.delta(own, rest))
      case 'tool-plan-delta':
        return contentDeltas({ thinking: message['tool_plan'] }, undefined).map(([own]) => chunks.delta(own))
      case 'tool-call-start':
        return [chunks.delta(calls.start(index, call))]
      case 'tool-call-delta':
        return calls.add(index, call).map((own) => chunks.delta(own))
      case 'tool-call-end':
        return calls.end(index).map((own) => chunks.delta(own))
      case 'citation-start':
        return isObject(citations) ? [chunks.delta({ citations: [citations] })] : []
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
  if (typeof thinking === 'string' && thinking !== '') deltas.push([{ reasoning_content: thinking }])
  if (typeof text === 'string' && text !== '')
    deltas.push([{ content: text }, probabilities === undefined ? {} : { logprobs: probabilities }])
  return deltas
}

function isWhole(event: SseEvent): boolean {
  return event.data !== undefined && isObject(parse(event.data.toString('utf8')))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
