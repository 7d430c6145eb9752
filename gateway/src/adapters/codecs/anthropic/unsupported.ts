import { asksBeyondText, hasEntries, unlessIt, whenGiven, type RefusedField } from '../canonical/refused-fields.ts'

/**
 * What would change the answer and has no equal. Values that ask for nothing (`n: 1`, a penalty of 0) pass, since many
 * clients send them always.
 */
export const UNSUPPORTED: readonly RefusedField[] = [
  { name: 'n', asks: unlessIt(1), because: 'This backend gives one answer: n must be 1' },
  { name: 'logprobs', asks: (value) => value === true, because: 'This backend tells no log probabilities' },
  { name: 'top_logprobs', asks: unlessIt(0), because: 'This backend tells no log probabilities' },
  { name: 'logit_bias', asks: hasEntries, because: 'This backend takes no logit bias' },
  { name: 'frequency_penalty', asks: unlessIt(0), because: 'This backend takes no frequency penalty' },
  { name: 'presence_penalty', asks: unlessIt(0), because: 'This backend takes no presence penalty' },
  { name: 'modalities', asks: asksBeyondText, because: 'This backend answers in text only' },
  { name: 'audio', asks: whenGiven, because: 'This backend answers in text only' },
  { name: 'functions', asks: hasEntries, because: 'Use `tools` in place of `functions`' },
  {
    name: 'function_call',
    asks: (value) => value !== 'auto' && value !== 'none',
    because: 'Use `tool_choice` in place of `function_call`',
  },
  { name: 'web_search_options', asks: whenGiven, because: 'This backend takes no web search options' },
  { name: 'moderation', asks: whenGiven, because: 'This backend does not moderate within a chat' },
]
