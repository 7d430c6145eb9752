import { usageOf } from '../../endpoints/usage.ts'
import type { ClientError } from '../../errors/openai-error.ts'
import { readArguments } from '../../lib/call-arguments.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { sseEvent } from '../../lib/sse-event.ts'
import { firstChoice } from '../canonical/answer-parts.ts'
import { brokenOff, failedAnswer, senselessCall } from '../canonical/broken-answer.ts'
import { finishOf } from '../canonical/finish-reason.ts'
import type { DialectContext, StreamEncoder } from '../dialect.ts'
import { errorEventData } from './errors.ts'
import { messageId } from './ids.ts'
import { readEnding, toStop, UNTOLD } from './stop.ts'
import { createStreamContent } from './stream-content.ts'
import { eventOf } from './stream-sequence.ts'
import { toUsage } from './usage.ts'

const PING = Buffer.from(eventOf('ping'))
const NOTHING = Buffer.alloc(0)

/**
 * Chunks -> Anthropic's events. `message_start` goes out with the first chunk, whose token counts are zero where the
 * backend tells them last; `message_delta` repeats them all. A stream that ends without a finish reason, with one that
 * tells of a failure, or with a call whose arguments make no sense, ends with an `error` event.
 */
export function createStreamEncoder(context: DialectContext): StreamEncoder {
  const content = createStreamContent(context)
  let ending = UNTOLD
  let usage: JsonObject | undefined
  let started = false
  let closed = false

  function start(): string {
    if (started) return ''
    started = true
    return eventOf('message_start', { message: emptyMessage(context, toUsage(usage)) })
  }

  function fail(error: ClientError): Buffer {
    if (closed) return NOTHING
    closed = true
    return Buffer.from(sseEvent('error', errorEventData(error)))
  }

  return {
    contentType: 'text/event-stream; charset=utf-8',
    fail,
    heartbeat: () => (closed ? NOTHING : PING),
    push(chunk) {
      if (closed) return NOTHING
      usage = usageOf(chunk) ?? usage
      const opening = start()
      const choice = firstChoice(chunk)
      if (choice === undefined) return Buffer.from(opening)
      ending = readEnding(choice, ending)
      const { delta } = choice
      return Buffer.from(opening + (isObject(delta) ? content.add(delta) : ''))
    },
    end() {
      if (closed) return NOTHING
      if (ending.finishReason === undefined) return fail(brokenOff())
      const finish = finishOf(ending.finishReason)
      if (finish === 'failed') return fail(failedAnswer())
      const calls = content.calls()
      if (finish !== 'length' && calls.some((call) => call.name === '' || readArguments(call.arguments) === undefined))
        return fail(senselessCall())
      closed = true
      const delta = toStop({ ...ending, refusal: content.refusal(), toolCalls: calls.length }, context.fields)
      const closing = eventOf('message_delta', { delta, usage: toUsage(usage) }) + eventOf('message_stop')
      return Buffer.from(content.finish() + closing)
    },
  }
}

function emptyMessage(context: DialectContext, usage: JsonObject): JsonObject {
  return {
    id: messageId(context),
    type: 'message',
    role: 'assistant',
    model: context.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  }
}
