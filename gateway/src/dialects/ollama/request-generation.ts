import { fieldsBeside, isAbsent, isObject, type JsonObject } from '../../lib/json.ts'
import { invalid, optionalBoolean, refuseSeveral } from '../canonical/field-checks.ts'
import { ANY_JSON, schemaFormat, STREAMED } from '../canonical/generation-fields.ts'
import { keepAliveOf } from './keep-alive.ts'
import { generationOptions } from './request-options.ts'
import { effortField } from './thinking.ts'
import { unspeakable } from './unspeakable.ts'

/** The fields that `/api/chat` and `/api/generate` share and `generationFields` reads. */
const SHARED = ['stream', 'stream_options', 'options', 'format', 'think', 'keep_alive', 'truncate', 'shift', '_debug_render_only'] as const

/** What becomes of the fields that both operations share, but for `logprobs` and `top_logprobs`. Throws a GatewayError that names the field. */
export function generationFields(fields: JsonObject): JsonObject {
  refuseSeveral(fields, 'Ollama gives one answer to a request')
  if (fields['_debug_render_only'] === true) throw unspeakable('_debug_render_only', 'A request to show the prompt')
  return {
    ...streamFields(fields['stream']),
    ...generationOptions(fields['options']),
    ...formatField(fields['format']),
    ...effortField(fields),
    ...keepAliveField(fields['keep_alive']),
    ...overflowField(fields, 'truncate'),
    ...overflowField(fields, 'shift'),
  }
}

/** The client's fields that no rule speaks of, as they are. */
export function untouchedFields(fields: JsonObject, handled: readonly string[]): JsonObject {
  return fieldsBeside(fields, new Set([...SHARED, ...handled]))
}

/** Ollama streams unless it is told not to. */
function streamFields(stream: unknown): JsonObject {
  return optionalBoolean(stream, 'stream') === false ? {} : STREAMED
}

/**
 * `json` or a schema -> `response_format`. Not `strict`: with it OpenAI refuses each schema that leaves a property
 * optional or further ones open, which most that are written for Ollama do.
 */
function formatField(format: unknown): JsonObject {
  if (isAbsent(format) || format === '') return {}
  if (format === 'json') return ANY_JSON
  if (!isObject(format)) throw invalid('format', '"json" or a JSON schema')
  return schemaFormat({ schema: format })
}

/** Passed on, for the backends that hold models in memory at will. */
export function keepAliveField(value: unknown): JsonObject {
  return keepAliveOf(value) === 'untold' ? {} : { keep_alive: value }
}

/** What to do where the context is full: `true` is the default, and nothing that backends must be told. */
export function overflowField(fields: JsonObject, name: 'truncate' | 'shift'): JsonObject {
  return optionalBoolean(fields[name], name) === false ? { [name]: false } : {}
}
