import { isObject, type JsonObject } from '../../endpoints/call.ts'
import { invalid, isAbsent } from '../anthropic/field-checks.ts'
import { keepAliveOf } from './keep-alive.ts'
import { generationOptions } from './request-options.ts'
import { effortField } from './thinking.ts'
import { unsayable } from './unsayable.ts'

/** The fields that `/api/chat` and `/api/generate` share and `generationFields` reads. */
const SHARED = ['stream', 'stream_options', 'options', 'format', 'think', 'keep_alive', 'truncate', 'shift', '_debug_render_only'] as const

/** What becomes of the fields that both operations share, but for `logprobs` and `top_logprobs`. Throws a GatewayError that names the field. */
export function generationFields(fields: JsonObject): JsonObject {
  const { n, _debug_render_only: render } = fields
  if (!isAbsent(n) && n !== 1) throw invalid('n', '1 or left out: Ollama gives one answer to a request')
  if (render === true) throw unsayable('_debug_render_only', 'A request to show the prompt')
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
  const named: ReadonlySet<string> = new Set([...SHARED, ...handled])
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !named.has(name)))
}

/** Ollama streams unless it is told not to, and tells the tokens in the last line, asked for or not. */
function streamFields(stream: unknown): JsonObject {
  if (!isAbsent(stream) && typeof stream !== 'boolean') throw invalid('stream', 'a boolean')
  return stream === false ? {} : { stream: true, stream_options: { include_usage: true } }
}

/**
 * `json` or a schema → `response_format`. Not `strict`: with it OpenAI refuses each schema that leaves a property
 * optional or further ones open, which most that are written for Ollama do.
 */
function formatField(format: unknown): JsonObject {
  if (isAbsent(format) || format === '') return {}
  if (format === 'json') return { response_format: { type: 'json_object' } }
  if (!isObject(format)) throw invalid('format', '"json" or a JSON schema')
  return { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: format } } }
}

/** Passed on, for the backends that hold models in memory at will. */
export function keepAliveField(value: unknown): JsonObject {
  return keepAliveOf(value) === 'untold' ? {} : { keep_alive: value }
}

/** What to do where the context is full: `true` is the default, and nothing that backends must be told. */
export function overflowField(fields: JsonObject, name: 'truncate' | 'shift'): JsonObject {
  const value = fields[name]
  if (!isAbsent(value) && typeof value !== 'boolean') throw invalid(name, 'a boolean')
  return value === false ? { [name]: false } : {}
}
