import { givenOnly, isAbsent, type JsonObject } from '../../../lib/json.ts'
import { extrasOf } from '../canonical/extra-fields.ts'
import { CodecRefusal, type CanonicalCall } from '../codec.ts'
import { encodeFormat } from './answer-format.ts'
import { refuseUnable, WITHHELD_FIELDS } from './generation-fields.ts'
import { encodeOptions, OPTION_FIELDS } from './model-options.ts'
import { encodeThink, THINK_FIELDS } from './think.ts'

const KNOWN: ReadonlySet<string> = new Set([
  'model',
  'prompt',
  'suffix',
  'stream',
  'logprobs',
  'response_format',
  ...THINK_FIELDS,
  ...OPTION_FIELDS,
  ...WITHHELD_FIELDS,
])

/**
 * OpenAI's completion -> the body of `POST /api/generate`. Ollama lays the model's template around the prompt, as its
 * own `/v1/completions` does; `raw: true`, `system`, `template`, `images`, `keep_alive` and unknown fields go as they
 * came. Without `max_tokens` there is no limit, where OpenAI's would be 16.
 */
export function encodeGenerate({ model, stream, fields }: CanonicalCall): JsonObject {
  refuseUnable(fields)
  return {
    model,
    prompt: encodePrompt(fields['prompt']),
    // Ollama streams unless it is told not to.
    stream,
    ...givenOnly({
      suffix: fields['suffix'],
      format: encodeFormat(fields['response_format']),
      think: encodeThink(fields),
      options: encodeOptions(fields),
    }),
    ...encodeLogprobs(fields['logprobs']),
    ...extrasOf(fields, KNOWN),
  }
}

/** A list of one text is that text; more would need an answer each, and tokens can't be read. */
function encodePrompt(prompt: unknown): string {
  const single: unknown = Array.isArray(prompt) && prompt.length === 1 ? prompt[0] : prompt
  if (typeof single !== 'string') throw new CodecRefusal('prompt', 'Ollama completes one prompt to a request, given as text')
  return single
}

/** OpenAI's completions ask with the number of alternatives, 0 for none beside the chosen token. */
function encodeLogprobs(logprobs: unknown): JsonObject {
  if (isAbsent(logprobs)) return {}
  return typeof logprobs === 'number' ? { logprobs: true, top_logprobs: logprobs } : { logprobs }
}
