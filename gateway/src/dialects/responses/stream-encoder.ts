import { usageOf } from '../../endpoints/usage.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { ClientError } from '../../errors/openai-error.ts'
import { isObject, stringOf, type JsonObject } from '../../lib/json.ts'
import { sseEvent } from '../../lib/sse-event.ts'
import { firstChoice } from '../canonical/answer-parts.ts'
import { brokenOff, failedAnswer } from '../canonical/broken-answer.ts'
import type { DialectContext, StreamEncoder } from '../dialect.ts'
import { errorEvent, responseError } from './errors.ts'
import { createOutputContent } from './output-content.ts'
import { responseObject, type ResponseState } from './response-object.ts'
import { endingOf } from './status.ts'
import { toUsage } from './usage.ts'

const HEARTBEAT = Buffer.from(': keep-alive\n\n')
const NOTHING = Buffer.alloc(0)

export interface ResponsesStreamEncoder extends StreamEncoder {
  /** The response that the stream's last event bears; undefined before its end, and where it failed. For the store. */
  response(): JsonObject | undefined
}

/**
 * Chunks -> the events of a streamed response, numbered from 0. The first chunk brings `response.created` and
 * `response.in_progress`. A stream that ends without a finish reason, with one that tells of a failure, or with a
 * call that has no name, fails: an `error`
 * event, then `response.failed`.
 */
export function createStreamEncoder(context: DialectContext): ResponsesStreamEncoder {
  const content = createOutputContent(context)
  const frame = createFraming()
  let finishReason = ''
  let serviceTier: string | undefined
  let usage: JsonObject | undefined
  let started = false
  let closed = false
  let response: JsonObject | undefined

  function state(rest: Pick<ResponseState, 'status' | 'reason' | 'error'>): JsonObject {
    return responseObject(context, {
      output: content.output(),
      usage: usage === undefined ? undefined : toUsage(usage),
      serviceTier,
      ...rest,
    })
  }

  function opening(): JsonObject[] {
    if (started) return []
    started = true
    const begun = responseObject(context, { status: 'in_progress', output: [], usage: undefined, serviceTier })
    return [
      { type: 'response.created', response: begun },
      { type: 'response.in_progress', response: begun },
    ]
  }

  function fail(error: ClientError): Buffer {
    if (closed) return NOTHING
    closed = true
    const failed = state({ status: 'failed', error: responseError(error) })
    return frame([...opening(), errorEvent(error), { type: 'response.failed', response: failed }])
  }

  return {
    contentType: 'text/event-stream; charset=utf-8',
    fail,
    heartbeat: () => (closed ? NOTHING : HEARTBEAT),
    response: () => response,
    push(chunk) {
      if (closed) return NOTHING
      usage = usageOf(chunk) ?? usage
      serviceTier = stringOf(chunk['service_tier']) || serviceTier
      const first = opening()
      const choice = firstChoice(chunk)
      if (choice === undefined) return frame(first)
      finishReason = stringOf(choice['finish_reason']) || finishReason
      const { delta } = choice
      return frame(isObject(delta) ? [...first, ...content.add(delta, choice)] : first)
    },
    end() {
      if (closed) return NOTHING
      if (finishReason === '') return fail(brokenOff())
      const ending = endingOf(finishReason)
      if (ending === undefined) return fail(failedAnswer())
      if (content.calls().some((call) => call.name === ''))
        return fail(new GatewayError('upstream_protocol_error', 'The model called a tool without a name'))
      closed = true
      const events = content.finish(ending.status)
      usage ??= {}
      response = state(ending)
      return frame([...events, { type: `response.${ending.status}`, response }])
    },
  }
}

/** Names and numbers events. */
function createFraming(): (events: readonly JsonObject[]) => Buffer {
  let sequenceNumber = 0
  return (events) => {
    let text = ''
    for (const { type, ...fields } of events) {
      text += sseEvent(String(type), { type, sequence_number: sequenceNumber, ...fields })
      sequenceNumber += 1
    }
    return text === '' ? NOTHING : Buffer.from(text)
  }
}
