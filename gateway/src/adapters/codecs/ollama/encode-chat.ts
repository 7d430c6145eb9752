import { givenOnly, type JsonObject } from '../../../lib/json.ts'
import { extrasOf } from '../canonical/extra-fields.ts'
import type { CanonicalCall } from '../codec.ts'
import { encodeFormat } from './answer-format.ts'
import { encodeMessages } from './chat-messages.ts'
import { encodeTools, TOOL_FIELDS } from './chat-tools.ts'
import { refuseUnable, WITHHELD_FIELDS } from './generation-fields.ts'
import { encodeOptions, OPTION_FIELDS } from './model-options.ts'
import { encodeThink, THINK_FIELDS } from './think.ts'

const KNOWN: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'response_format',
  // Held in the answer: see tool-calls.ts.
  'parallel_tool_calls',
  ...TOOL_FIELDS,
  ...THINK_FIELDS,
  ...OPTION_FIELDS,
  ...WITHHELD_FIELDS,
])

/**
 * OpenAI's chat -> the body of `POST /api/chat` (backends.md 1.7). `logprobs` and `top_logprobs` have the same names
 * and go as they came, so do `keep_alive`, `truncate`, `shift` and unknown fields. What is said in Ollama's own words
 * (`think`, `format`) wins over its translation.
 */
export function encodeChat({ model, stream, fields }: CanonicalCall): JsonObject {
  refuseUnable(fields)
  return {
    model,
    messages: encodeMessages(fields['messages']),
    // Ollama streams unless it is told not to.
    stream,
    ...givenOnly({
      tools: encodeTools(fields),
      format: encodeFormat(fields['response_format']),
      think: encodeThink(fields),
      options: encodeOptions(fields),
    }),
    ...extrasOf(fields, KNOWN),
  }
}
