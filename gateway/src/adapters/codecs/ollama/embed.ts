import type { JsonObject } from '../../../endpoints/call.ts'
import { CodecMismatch, CodecRefusal, type AnswerContext, type CanonicalCall } from '../codec.ts'
import { extrasOf, givenOnly } from './given-fields.ts'
import { encodeOptions, OPTION_FIELDS } from './model-options.ts'
import { toCount } from './token-usage.ts'
import { toAnswer } from './whole-answer.ts'

/** Ollama gives floats only, and knows no users. */
const KNOWN: ReadonlySet<string> = new Set(['model', 'input', 'encoding_format', 'user', ...OPTION_FIELDS])

/**
 * OpenAI's embeddings → the body of `POST /api/embed`. `dimensions`, `truncate`, `keep_alive` and unknown fields go as
 * they came. Ollama cuts an input that is too long unless the client says `truncate: false`.
 */
export function encodeEmbed({ model, fields }: CanonicalCall): JsonObject {
  return { model, input: encodeInput(fields['input']), ...givenOnly({ options: encodeOptions(fields) }), ...extrasOf(fields, KNOWN) }
}

function encodeInput(input: unknown): string | readonly string[] {
  if (typeof input === 'string') return input
  if (!Array.isArray(input)) throw new CodecRefusal('input', 'The field "input" must be a string or an array of strings')
  return input.map((entry: unknown, at) => {
    if (typeof entry !== 'string') throw new CodecRefusal(`input[${at}]`, 'Ollama embeds texts only, no tokens')
    return entry
  })
}

/** An answer of `/api/embed` → OpenAI's list, with floats: base64 is made of them afterwards, for clients that asked. */
export function decodeEmbed(answer: unknown, context: AnswerContext): JsonObject {
  const { embeddings, prompt_eval_count: promptTokens } = toAnswer(answer)
  const { input } = context.fields
  const expected = Array.isArray(input) ? input.length : 1
  if (!Array.isArray(embeddings) || embeddings.length !== expected)
    throw new CodecMismatch(`An answer to an embedding request does not have ${expected} vectors`)
  const tokens = toCount(promptTokens)
  return {
    object: 'list',
    data: embeddings.map(toEntry),
    model: context.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
}

/** A `null` among the numbers would be stored as wrong data. */
function toEntry(vector: unknown, index: number): JsonObject {
  if (!Array.isArray(vector) || vector.length === 0 || !vector.every((value) => typeof value === 'number'))
    throw new CodecMismatch('A vector in an answer to an embedding request is no list of numbers')
  return { object: 'embedding', index, embedding: vector }
}
