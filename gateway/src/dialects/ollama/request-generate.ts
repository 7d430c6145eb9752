import { isAbsent, type JsonObject } from '../../lib/json.ts'
import { invalid, optionalBoolean, optionalString, requiredString } from '../canonical/field-checks.ts'
import { generationFields, untouchedFields } from './request-generation.ts'
import { toMediaParts } from './request-images.ts'
import { chatLogprobs, completionLogprobs } from './request-logprobs.ts'
import { userMessage } from './request-messages.ts'
import { unspeakable } from './unspeakable.ts'

const HANDLED = ['prompt', 'suffix', 'system', 'template', 'context', 'raw', 'images', 'logprobs', 'top_logprobs'] as const

/**
 * Which of OpenAI's endpoints answers a `POST /api/generate`. Ollama lays the model's chat template around the prompt,
 * so it is a chat of one message, and any chat model can answer it. `raw` forbids the template, and with a `suffix`
 * the middle is asked for: only a completion says either.
 */
export function generateEndpoint(fields: JsonObject): 'chat' | 'completion' {
  return isRaw(fields) || optionalText(fields, 'suffix') !== '' ? 'completion' : 'chat'
}

/**
 * The body of `POST /api/generate` -> that of a chat completion or, where `generateEndpoint` says so, of a completion.
 * Options and further fields as with `chatToCanonical`. Throws a GatewayError that names the field, also for a
 * `template` or the tokens of an earlier `context`, which no other API takes. A request without a prompt only loads a
 * model: ask `asksToLoad` before.
 */
export function generateToCanonical(fields: JsonObject): JsonObject {
  const { context } = fields
  const prompt = requiredString(fields['prompt'], 'prompt')
  if (optionalText(fields, 'template') !== '') throw unspeakable('template', "A prompt's template")
  if (!isAbsent(context) && !(Array.isArray(context) && context.length === 0))
    throw unspeakable('context', 'The tokens of an earlier answer')
  const rest = { ...untouchedFields(fields, HANDLED), ...generationFields(fields) }
  return generateEndpoint(fields) === 'chat' ? toChat(prompt, fields, rest) : toCompletion(prompt, fields, rest)
}

function toChat(prompt: string, fields: JsonObject, rest: JsonObject): JsonObject {
  const system = optionalText(fields, 'system')
  const user = userMessage(prompt, toMediaParts(fields['images'], 'images'))
  return { ...rest, messages: [...(system === '' ? [] : [{ role: 'system', content: system }]), user], ...chatLogprobs(fields) }
}

/**
 * `max_tokens: null` where no limit is said: left out, a completion ends after 16 tokens. `raw` stays, for a backend
 * that would lay its template around a completion. A `system` beside a `suffix` has no place in any template.
 */
function toCompletion(prompt: string, fields: JsonObject, rest: JsonObject): JsonObject {
  if (toMediaParts(fields['images'], 'images').length > 0) throw unspeakable('images', 'An image beside "raw" or "suffix"')
  if (isRaw(fields) && optionalText(fields, 'system') !== '') throw invalid('system', 'left out where "raw" is true')
  const suffix = optionalText(fields, 'suffix')
  return {
    max_tokens: null,
    ...rest,
    prompt,
    ...(suffix === '' ? {} : { suffix }),
    ...(isRaw(fields) ? { raw: true } : {}),
    ...completionLogprobs(fields),
  }
}

function isRaw({ raw }: JsonObject): boolean {
  return optionalBoolean(raw, 'raw') === true
}

function optionalText(fields: JsonObject, name: string): string {
  return optionalString(fields[name], name) ?? ''
}
