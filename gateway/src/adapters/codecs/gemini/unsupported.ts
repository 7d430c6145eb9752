import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { CodecRefusal } from '../codec.ts'
import { isAbsent } from './given.ts'

type Check = readonly [field: string, asks: (value: unknown) => boolean, message: string]

const isFilled = (value: unknown): boolean => !isAbsent(value)
const holdsSomething = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : isObject(value) && Object.keys(value).length > 0

/** What would change the answer, and Gemini has no equal for. Values that ask for nothing pass. */
const CHAT: readonly Check[] = [
  ['logit_bias', holdsSomething, 'Gemini takes no logit bias'],
  ['functions', holdsSomething, 'Use `tools` in place of `functions`'],
  ['function_call', isFilled, 'Use `tool_choice` in place of `function_call`'],
  ['audio', isFilled, 'Gemini does not speak here'],
  ['web_search_options', isFilled, 'Gemini takes no web search options here'],
  ['moderation', isFilled, 'Gemini does not moderate within a chat'],
]

const COMPLETION: readonly Check[] = [
  ['logit_bias', holdsSomething, 'Gemini takes no logit bias'],
  ['suffix', (value) => isFilled(value) && value !== '', 'Gemini does not fill gaps'],
  ['echo', (value) => value === true, 'Gemini does not repeat the prompt'],
  ['logprobs', isFilled, 'Gemini tells log probabilities in chat completions only'],
  ['best_of', (value) => isFilled(value) && value !== 1, 'Gemini does not choose among answers: best_of must be 1'],
]

/**
 * Throws a CodecRefusal that names the field. Fields that pass and are not sent, since Gemini refuses names that it does
 * not know, change no answer: `user`, `metadata`, `store`, `service_tier`, `prediction`, `verbosity`, those of caching and
 * safety ids; and whatever is no field of OpenAI's at all.
 */
export function refuseUnsupported(fields: JsonObject, endpoint: 'chat' | 'completion'): void {
  for (const [field, asks, message] of endpoint === 'chat' ? CHAT : COMPLETION) {
    if (asks(fields[field])) throw new CodecRefusal(field, message)
  }
}
