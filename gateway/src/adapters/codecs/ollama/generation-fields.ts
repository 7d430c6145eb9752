import type { JsonObject } from '../../../endpoints/call.ts'
import { CodecRefusal } from '../codec.ts'
import { isGiven } from './given-fields.ts'

/** Notes on a request, and hints of price, speed and style: the answer is the same in kind without them. */
const DROPPED = [
  'user',
  'metadata',
  'store',
  'service_tier',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'prediction',
  'verbosity',
  'stream_options',
] as const

interface Refused {
  readonly name: string
  /** Whether this value asks for what can't be had; a default written out does not. */
  readonly asks: (value: unknown) => boolean
  readonly because: string
}

/** Whoever sends these waits for something in the answer that can't come. */
const REFUSED: readonly Refused[] = [
  { name: 'n', asks: (value) => value !== 1, because: 'Ollama gives one choice to a request' },
  { name: 'best_of', asks: (value) => value !== 1, because: 'Ollama gives one choice to a request' },
  { name: 'echo', asks: (value) => value !== false, because: 'Ollama does not repeat the prompt' },
  { name: 'logit_bias', asks: hasEntries, because: 'Ollama can not bias single tokens' },
  {
    name: 'modalities',
    asks: (value) => !Array.isArray(value) || value.some((one) => one !== 'text'),
    because: 'Ollama answers in text only',
  },
  { name: 'audio', asks: () => true, because: 'Ollama answers in text only' },
  { name: 'functions', asks: hasEntries, because: 'Ollama knows functions as tools only; send them as "tools"' },
  {
    name: 'function_call',
    asks: (value) => value !== 'none' && value !== 'auto',
    because: 'Ollama can not be made to call a function',
  },
  { name: 'web_search_options', asks: () => true, because: 'Ollama does not search the web' },
  { name: 'moderation', asks: () => true, because: 'Ollama does not moderate' },
]

/** The fields of chats and completions that never reach Ollama. */
export const WITHHELD_FIELDS: readonly string[] = [...DROPPED, ...REFUSED.map(({ name }) => name)]

/** Throws a CodecRefusal for the first field that asks for what Ollama can't do. */
export function refuseUnable(fields: JsonObject): void {
  for (const { name, asks, because } of REFUSED) {
    if (isGiven(fields[name]) && asks(fields[name])) throw new CodecRefusal(name, because)
  }
}

function hasEntries(value: unknown): boolean {
  return typeof value !== 'object' || value === null || Object.keys(value).length > 0
}
