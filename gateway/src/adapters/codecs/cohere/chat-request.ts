import { givenOnly, isAbsent, isObject, type JsonObject } from '../../../lib/json.ts'
import { extrasOf } from '../canonical/extra-fields.ts'
import { maximumTokens, stopTexts } from '../canonical/generation-fields.ts'
import { asksBeyondText, refuseFields, unlessIt, whenGiven, type RefusedField } from '../canonical/refused-fields.ts'
import { REQUEST_HINTS } from '../canonical/request-hints.ts'
import { CodecRefusal, type CanonicalCall } from '../codec.ts'
import { encodeMessages } from './chat-messages.ts'
import { encodeTools } from './chat-tools.ts'

/** Without a counterpart, and the answer is the same in kind without them. Cohere refuses a body with a field that it doesn't know. */
const DROPPED = [...REQUEST_HINTS, 'logit_bias', 'parallel_tool_calls'] as const

/** Whoever sends these waits for something in the answer that can't come. */
const REFUSED: readonly RefusedField[] = [
  { name: 'n', asks: unlessIt(1), because: 'Cohere gives one choice to a request' },
  { name: 'top_logprobs', asks: unlessIt(0), because: 'Cohere tells the probabilities of the chosen tokens only' },
  { name: 'modalities', asks: asksBeyondText, because: 'Cohere answers in text only' },
  { name: 'audio', asks: whenGiven, because: 'Cohere answers in text only' },
  { name: 'functions', asks: whenGiven, because: 'Cohere knows functions as tools only; send them as "tools"' },
  { name: 'function_call', asks: whenGiven, because: 'Cohere knows functions as tools only; send "tool_choice"' },
  { name: 'web_search_options', asks: whenGiven, because: 'Cohere does not search the web' },
  { name: 'moderation', asks: whenGiven, because: 'Cohere does not moderate within a chat' },
]

const TRANSLATED = [
  'model',
  'messages',
  'stream',
  'max_tokens',
  'max_completion_tokens',
  'top_p',
  'top_k',
  'stop',
  'tools',
  'tool_choice',
  'response_format',
  'logprobs',
  'reasoning_effort',
] as const

const KNOWN: ReadonlySet<string> = new Set([...DROPPED, ...TRANSLATED, ...REFUSED.map(({ name }) => name)])

/**
 * OpenAI's chat -> the body of `POST /v2/chat` (backends.md 16). Dropped without a word: `logit_bias`, `user`,
 * `parallel_tool_calls` and hints of storage, price and style. Fields in Cohere's own words (`documents`,
 * `citation_options`, `safety_mode`, `thinking`, `k`, `p`, `strict_tools`) go as they came, and win over translated ones.
 */
export function encodeChat({ model, stream, fields }: CanonicalCall): JsonObject {
  refuseFields(fields, REFUSED)
  const stops = stopTexts(fields)
  return {
    ...givenOnly({
      max_tokens: maximumTokens(fields),
      p: toNucleus(fields['top_p']),
      k: fields['top_k'],
      stop_sequences: stops.length === 0 ? undefined : stops,
      logprobs: fields['logprobs'] === true ? true : undefined,
      response_format: toResponseFormat(fields['response_format']),
      thinking: toThinking(fields['reasoning_effort']),
    }),
    ...encodeTools(fields),
    ...extrasOf(fields, KNOWN),
    model,
    messages: encodeMessages(fields['messages']),
    stream,
  }
}

/** Cohere's range is 0.01 to 0.99, and OpenAI's clients send their default of 1. */
function toNucleus(topP: unknown): unknown {
  return typeof topP === 'number' && topP >= 0 && topP <= 1 ? Math.min(Math.max(topP, 0.01), 0.99) : topP
}

/** Cohere has one kind of JSON answer, with or without a schema; the schema's name and `strict` have no place. */
function toResponseFormat(format: unknown): unknown {
  if (!isObject(format) || format['type'] !== 'json_schema') return format
  const named = format['json_schema']
  if (!isObject(named)) throw new CodecRefusal('response_format.json_schema', 'The field "response_format.json_schema" must be an object')
  return givenOnly({ type: 'json_object', json_schema: named['schema'] })
}

/** Reasoning has no levels, only a budget (`thinking.token_budget`, in Cohere's own words). */
function toThinking(effort: unknown): JsonObject | undefined {
  if (isAbsent(effort)) return undefined
  return { type: effort === 'none' ? 'disabled' : 'enabled' }
}
