import type { JsonObject } from '../../../lib/json.ts'
import { asksBeyondText, hasEntries, refuseFields, unlessIt, whenGiven, type RefusedField } from '../canonical/refused-fields.ts'
import { REQUEST_HINTS } from '../canonical/request-hints.ts'

/** Whoever sends these waits for something in the answer that can't come. */
const REFUSED: readonly RefusedField[] = [
  { name: 'n', asks: unlessIt(1), because: 'Ollama gives one choice to a request' },
  { name: 'best_of', asks: unlessIt(1), because: 'Ollama gives one choice to a request' },
  { name: 'echo', asks: unlessIt(false), because: 'Ollama does not repeat the prompt' },
  { name: 'logit_bias', asks: hasEntries, because: 'Ollama can not bias single tokens' },
  { name: 'modalities', asks: asksBeyondText, because: 'Ollama answers in text only' },
  { name: 'audio', asks: whenGiven, because: 'Ollama answers in text only' },
  { name: 'functions', asks: hasEntries, because: 'Ollama knows functions as tools only; send them as "tools"' },
  {
    name: 'function_call',
    asks: (value) => value !== 'none' && value !== 'auto',
    because: 'Ollama can not be made to call a function',
  },
  { name: 'web_search_options', asks: whenGiven, because: 'Ollama does not search the web' },
  { name: 'moderation', asks: whenGiven, because: 'Ollama does not moderate' },
]

/** The fields of chats and completions that never reach Ollama. */
export const WITHHELD_FIELDS: readonly string[] = [...REQUEST_HINTS, ...REFUSED.map(({ name }) => name)]

/** Throws a CodecRefusal for the first field that asks for what Ollama can't do. */
export function refuseUnable(fields: JsonObject): void {
  refuseFields(fields, REFUSED)
}
