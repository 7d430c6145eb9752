import { hasEntries, unlessIt, whenGiven, type RefusedField } from '../canonical/refused-fields.ts'

/**
 * What would change the answer, and Gemini has no equal for. Values that ask for nothing pass. Fields that pass and are
 * not sent, since Gemini refuses names that it does not know, change no answer: `user`, `metadata`, `store`,
 * `service_tier`, `prediction`, `verbosity`, those of caching and safety ids; and whatever is no field of OpenAI's at all.
 */
export const UNSUPPORTED_IN_CHAT: readonly RefusedField[] = [
  { name: 'logit_bias', asks: hasEntries, because: 'Gemini takes no logit bias' },
  { name: 'functions', asks: hasEntries, because: 'Use `tools` in place of `functions`' },
  { name: 'function_call', asks: whenGiven, because: 'Use `tool_choice` in place of `function_call`' },
  { name: 'audio', asks: whenGiven, because: 'Gemini does not speak here' },
  { name: 'web_search_options', asks: whenGiven, because: 'Gemini takes no web search options here' },
  { name: 'moderation', asks: whenGiven, because: 'Gemini does not moderate within a chat' },
]

export const UNSUPPORTED_IN_COMPLETION: readonly RefusedField[] = [
  { name: 'logit_bias', asks: hasEntries, because: 'Gemini takes no logit bias' },
  { name: 'suffix', asks: unlessIt(''), because: 'Gemini does not fill gaps' },
  { name: 'echo', asks: (value) => value === true, because: 'Gemini does not repeat the prompt' },
  { name: 'logprobs', asks: whenGiven, because: 'Gemini tells log probabilities in chat completions only' },
  { name: 'best_of', asks: unlessIt(1), because: 'Gemini does not choose among answers: best_of must be 1' },
]
