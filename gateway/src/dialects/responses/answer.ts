import { usageOf } from '../../endpoints/usage.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { isObject, stringOf, type JsonObject } from '../../lib/json.ts'
import { onlyChoice, thinkingBlocksOf } from '../canonical/answer-parts.ts'
import { failedAnswer } from '../canonical/broken-answer.ts'
import type { DialectContext } from '../dialect.ts'
import { createOutputContent } from './output-content.ts'
import { responseObject } from './response-object.ts'
import { endingOf } from './status.ts'
import { toUsage } from './usage.ts'

/**
 * A chat completion -> a response: of its first choice reasoning, then the message, then calls, as a stream of it would
 * tell them. Throws `upstream_protocol_error` for an answer without a choice, and for a call without a name,
 * `upstream_error` where the finish reason says that the model failed.
 */
export function fromCanonical(answer: JsonObject, context: DialectContext): JsonObject {
  const choice = onlyChoice(answer)
  const ending = endingOf(stringOf(choice['finish_reason']))
  if (ending === undefined) throw failedAnswer()
  const content = createOutputContent(context)
  content.add(asDelta(isObject(choice['message']) ? choice['message'] : {}), choice)
  content.finish(ending.status)
  if (content.calls().some((call) => call.name === ''))
    throw new GatewayError('upstream_protocol_error', 'The model called a tool without a name')
  return responseObject(context, {
    ...ending,
    output: content.output(),
    usage: toUsage(usageOf(answer)),
    serviceTier: stringOf(answer['service_tier']) || undefined,
  })
}

/** Calls of a whole message are apart, whatever their ids; and blocks that bear its reasoning bear it all. */
function asDelta(message: JsonObject): JsonObject {
  const { tool_calls: calls } = message
  const { reasoning: _one, reasoning_content: _other, reasoning_details: _third, ...rest } = message
  return {
    ...(thinkingBlocksOf(message).length > 0 ? rest : message),
    ...(Array.isArray(calls) ? { tool_calls: calls.filter(isObject).map((call, index) => ({ ...call, index })) } : {}),
  }
}
