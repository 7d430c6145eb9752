import { isObject, type JsonObject } from '../../lib/json.ts'
import type { DialectContext } from '../dialect.ts'
import { responseId } from './ids.ts'
import { reasoningSettings } from './request-reasoning.ts'

export interface ResponseState {
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed'
  readonly output: readonly JsonObject[]
  /** In the answer's own form. */
  readonly usage: JsonObject | undefined
  readonly serviceTier: string | undefined
  /** Why it is incomplete. */
  readonly reason?: string
  readonly error?: JsonObject
}

/**
 * The whole object that every answer and every closing event bears: what the client asked for, and what came of it. A
 * setting that was left to the model is null. `truncation` says what is done, whatever was asked (request.ts).
 */
export function responseObject(context: DialectContext, state: ResponseState): JsonObject {
  const { status, reason } = state
  return {
    id: responseId(context),
    object: 'response',
    created_at: Math.floor(context.createdMs / 1000),
    status,
    background: false,
    completed_at: status === 'completed' ? Math.floor(context.now() / 1000) : null,
    error: state.error ?? null,
    incomplete_details: reason === undefined ? null : { reason },
    model: context.model,
    output: state.output,
    ...settings(context.fields),
    service_tier: state.serviceTier ?? null,
    usage: state.usage ?? null,
  }
}

function settings(fields: JsonObject): JsonObject {
  const { metadata, tools, text } = fields
  const { format, verbosity } = isObject(text) ? text : {}
  const { effort, summary } = reasoningSettings(fields)
  return {
    access_programs: null,
    instructions: stringOf(fields['instructions']),
    max_output_tokens: numberOf(fields['max_output_tokens']),
    max_tool_calls: numberOf(fields['max_tool_calls']),
    metadata: isObject(metadata) ? metadata : {},
    parallel_tool_calls: fields['parallel_tool_calls'] !== false,
    previous_response_id: stringOf(fields['previous_response_id']),
    prompt_cache_key: stringOf(fields['prompt_cache_key']),
    reasoning: { effort: effort ?? null, summary: summary ?? null },
    safety_identifier: stringOf(fields['safety_identifier']),
    store: fields['store'] !== false,
    temperature: numberOf(fields['temperature']),
    text: { format: isObject(format) ? format : { type: 'text' }, verbosity: stringOf(verbosity) ?? 'medium' },
    tool_choice: fields['tool_choice'] ?? 'auto',
    tools: Array.isArray(tools) ? tools : [],
    top_logprobs: numberOf(fields['top_logprobs']) ?? 0,
    top_p: numberOf(fields['top_p']),
    truncation: 'disabled',
    user: stringOf(fields['user']),
  }
}

function stringOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
