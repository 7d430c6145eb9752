import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { CodecRefusal } from '../codec.ts'

type Check = readonly [field: string, asks: (value: unknown) => boolean, message: string]

const isGiven = (value: unknown): boolean => value !== undefined && value !== null
const isOtherThanZero = (value: unknown): boolean => isGiven(value) && value !== 0

/**
 * What would change the answer and has no equal. Values that ask for nothing (`n: 1`, a penalty of 0) pass, since many
 * clients send them always.
 */
const CHECKS: readonly Check[] = [
  ['n', (value) => isGiven(value) && value !== 1, 'This backend gives one answer: n must be 1'],
  ['logprobs', (value) => value === true, 'This backend tells no log probabilities'],
  ['top_logprobs', isOtherThanZero, 'This backend tells no log probabilities'],
  ['logit_bias', (value) => isObject(value) && Object.keys(value).length > 0, 'This backend takes no logit bias'],
  ['frequency_penalty', isOtherThanZero, 'This backend takes no frequency penalty'],
  ['presence_penalty', isOtherThanZero, 'This backend takes no presence penalty'],
  ['modalities', (value) => Array.isArray(value) && value.some((entry) => entry !== 'text'), 'This backend answers in text only'],
  ['audio', isGiven, 'This backend answers in text only'],
  ['functions', (value) => Array.isArray(value) && value.length > 0, 'Use `tools` in place of `functions`'],
  ['function_call', (value) => isGiven(value) && value !== 'auto' && value !== 'none', 'Use `tool_choice` in place of `function_call`'],
  ['web_search_options', isGiven, 'This backend takes no web search options'],
  ['moderation', isGiven, 'This backend does not moderate within a chat'],
]

export function refuseUnsupported(fields: JsonObject): void {
  for (const [field, asks, message] of CHECKS) {
    if (asks(fields[field])) throw new CodecRefusal(field, message)
  }
}
