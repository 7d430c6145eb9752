import { fieldsBeside, isAbsent, type JsonObject } from '../../lib/json.ts'
import { invalid, optionalCount, optionalList, optionalObject, refuseSeveral } from '../canonical/field-checks.ts'
import { STREAMED } from '../canonical/generation-fields.ts'
import { toMessages } from './request-messages.ts'
import { reasoningSettings } from './request-reasoning.ts'
import { toTextFields } from './request-text.ts'
import { toToolFields } from './request-tools.ts'
import { unspeakable } from './unspeakable.ts'

/** Fields that have another name in a chat completion, or another form. */
const TRANSLATED = [
  'input',
  'instructions',
  'max_output_tokens',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'text',
  'reasoning',
  'include',
  'top_logprobs',
] as const

/** What only a server that keeps responses, conversations or templates can do: refused unless it asks for nothing. */
const REFUSED = {
  previous_response_id: 'An earlier response that is not kept here',
  conversation: 'A conversation that a server keeps',
  prompt: 'A prompt template that a server keeps',
} as const

/**
 * Left out. `store` and `metadata` are the gateway's own matter, and no order to a backend to keep anything.
 * `truncation: "auto"` asks to drop the oldest items where the input is too long; that is not done, as the answer says,
 * and the backend's refusal tells the client. `max_tool_calls` counts calls of tools that are refused. The others ask
 * OpenAI's servers to do the same work in another way.
 */
const DROPPED = [
  'store',
  'metadata',
  'truncation',
  'max_tool_calls',
  'background',
  'context_management',
  'access_programs',
  'image',
] as const

const HANDLED: ReadonlySet<string> = new Set([...TRANSLATED, ...Object.keys(REFUSED), ...DROPPED])

/**
 * A Responses request -> the body of a chat completion. `model`, the sampling fields, `user`, `service_tier`,
 * `prompt_cache_key`, `safety_identifier` and every field that is not of the Responses API pass as they are. Throws a
 * GatewayError that names the field.
 */
export function toCanonical(fields: JsonObject): JsonObject {
  refuseUnspeakable(fields)
  const limit = optionalCount(fields['max_output_tokens'], 'max_output_tokens')
  const { effort } = reasoningSettings(fields)
  return {
    ...fieldsBeside(fields, HANDLED),
    messages: toMessages(fields),
    ...(limit === undefined ? {} : { max_completion_tokens: limit }),
    ...(fields['stream'] === true ? STREAMED : {}),
    ...toToolFields(fields),
    ...toTextFields(fields),
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
    ...logprobFields(fields),
  }
}

function refuseUnspeakable(fields: JsonObject): void {
  for (const [key, what] of Object.entries(REFUSED)) if (!isAbsent(fields[key])) throw unspeakable(key, what)
  const { background, truncation } = fields
  if (background === true) throw unspeakable('background', 'Work in the background')
  if (!isAbsent(truncation) && truncation !== 'auto' && truncation !== 'disabled') throw invalid('truncation', '"auto" or "disabled"')
  refuseSeveral(fields, 'a response is one answer')
  optionalObject(fields['metadata'], 'metadata')
}

/** The other values of `include` ask for more of items that do not occur here; reasoning is always complete. */
const LOGPROBS = 'message.output_text.logprobs'

function logprobFields(fields: JsonObject): JsonObject {
  const { top_logprobs: top } = fields
  const include = optionalList(fields['include'], 'include')
  if (!isAbsent(top) && typeof top !== 'number') throw invalid('top_logprobs', 'a number')
  const alternatives = top ?? 0
  if (!include.includes(LOGPROBS) && alternatives === 0) return {}
  return { logprobs: true, ...(alternatives === 0 ? {} : { top_logprobs: alternatives }) }
}
