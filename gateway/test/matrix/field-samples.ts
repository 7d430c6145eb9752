import type { JsonObject } from '../../src/lib/json.ts'
import { SCHEMA, WEATHER } from './asking.ts'

/** A field with a value that asks for something, and what else a request must have for it to mean anything. */
export interface Sample {
  readonly field: string
  readonly value: unknown
  readonly beside?: JsonObject
}

const TOOL = { type: 'function', function: WEATHER }
const FLAT_TOOL = { type: 'function', ...WEATHER }
const ANTHROPIC_TOOL = { name: 'get_weather', input_schema: WEATHER.parameters }

/** All fields of a chat completion, `top_k`, which many servers add, and one that nobody knows. */
export const CHAT_FIELDS: readonly Sample[] = [
  { field: 'audio', value: { voice: 'alloy', format: 'mp3' } },
  { field: 'frequency_penalty', value: 0.5 },
  { field: 'function_call', value: { name: 'get_weather' }, beside: {} },
  { field: 'functions', value: [WEATHER] },
  { field: 'logit_bias', value: { 50256: -100 } },
  { field: 'logprobs', value: true },
  { field: 'max_completion_tokens', value: 77 },
  { field: 'max_tokens', value: 77 },
  { field: 'metadata', value: { purpose: 'test' } },
  { field: 'modalities', value: ['text', 'audio'] },
  { field: 'moderation', value: { model: 'omni' } },
  { field: 'n', value: 2 },
  { field: 'parallel_tool_calls', value: false, beside: { tools: [TOOL] } },
  { field: 'prediction', value: { type: 'content', content: 'Once' } },
  { field: 'presence_penalty', value: 0.5 },
  { field: 'prompt_cache_key', value: 'k' },
  { field: 'prompt_cache_options', value: { mode: 'explicit' } },
  { field: 'prompt_cache_retention', value: '24h' },
  { field: 'reasoning_effort', value: 'high' },
  { field: 'response_format', value: { type: 'json_schema', json_schema: { name: 'n', schema: SCHEMA } } },
  { field: 'safety_identifier', value: 'u-1' },
  { field: 'seed', value: 7 },
  { field: 'service_tier', value: 'priority' },
  { field: 'stop', value: ['END'] },
  { field: 'store', value: true },
  { field: 'stream_options', value: { include_usage: true } },
  { field: 'temperature', value: 0.5 },
  { field: 'tool_choice', value: 'required', beside: { tools: [TOOL] } },
  { field: 'tools', value: [TOOL] },
  { field: 'top_k', value: 5 },
  { field: 'top_logprobs', value: 3, beside: { logprobs: true } },
  { field: 'top_p', value: 0.5 },
  { field: 'user', value: 'u-1' },
  { field: 'verbosity', value: 'low' },
  { field: 'web_search_options', value: { search_context_size: 'low' } },
  { field: 'x_unknown', value: 1 },
]

export const MESSAGES_FIELDS: readonly Sample[] = [
  { field: 'cache_control', value: { type: 'ephemeral' } },
  { field: 'container', value: 'c-1' },
  { field: 'context_management', value: { edits: [] } },
  { field: 'inference_geo', value: 'eu' },
  { field: 'max_tokens', value: 77 },
  { field: 'mcp_servers', value: [{ type: 'url', url: 'https://example.org', name: 'n' }] },
  { field: 'metadata', value: { user_id: 'u-1' } },
  { field: 'output_config', value: { effort: 'high', format: { type: 'json_schema', schema: SCHEMA } } },
  { field: 'service_tier', value: 'standard_only' },
  { field: 'speed', value: 'fast' },
  { field: 'stop_sequences', value: ['END'] },
  { field: 'system', value: 'Be brief' },
  { field: 'temperature', value: 0.5 },
  { field: 'thinking', value: { type: 'enabled', budget_tokens: 2000 } },
  { field: 'tool_choice', value: { type: 'any' }, beside: { tools: [ANTHROPIC_TOOL] } },
  { field: 'tools', value: [ANTHROPIC_TOOL] },
  { field: 'top_k', value: 5 },
  { field: 'top_p', value: 0.5 },
  { field: 'x_unknown', value: 1 },
]

export const RESPONSES_FIELDS: readonly Sample[] = [
  { field: 'background', value: true },
  { field: 'context_management', value: [{ type: 'compaction' }] },
  { field: 'conversation', value: 'conv_1' },
  { field: 'include', value: ['message.output_text.logprobs'] },
  { field: 'instructions', value: 'Be brief' },
  { field: 'max_output_tokens', value: 77 },
  { field: 'max_tool_calls', value: 2 },
  { field: 'metadata', value: { purpose: 'test' } },
  { field: 'moderation', value: { model: 'omni' } },
  { field: 'parallel_tool_calls', value: false, beside: { tools: [FLAT_TOOL] } },
  { field: 'previous_response_id', value: 'resp_1' },
  { field: 'prompt', value: { id: 'pmpt_1' } },
  { field: 'prompt_cache_key', value: 'k' },
  { field: 'reasoning', value: { effort: 'high' } },
  { field: 'safety_identifier', value: 'u-1' },
  { field: 'service_tier', value: 'priority' },
  { field: 'store', value: true },
  { field: 'stream_options', value: { include_obfuscation: true } },
  { field: 'temperature', value: 0.5 },
  { field: 'text', value: { format: { type: 'json_schema', name: 'n', schema: SCHEMA }, verbosity: 'low' } },
  { field: 'tool_choice', value: 'required', beside: { tools: [FLAT_TOOL] } },
  { field: 'tools', value: [FLAT_TOOL] },
  { field: 'top_logprobs', value: 3 },
  { field: 'top_p', value: 0.5 },
  { field: 'truncation', value: 'auto' },
  { field: 'user', value: 'u-1' },
  { field: 'x_unknown', value: 1 },
]

export const OLLAMA_FIELDS: readonly Sample[] = [
  { field: 'format', value: SCHEMA },
  { field: 'keep_alive', value: '5m' },
  { field: 'logprobs', value: true },
  { field: 'options.num_ctx', value: 8192 },
  { field: 'options.num_predict', value: 77 },
  { field: 'options.seed', value: 7 },
  { field: 'options.stop', value: ['END'] },
  { field: 'options.temperature', value: 0.5 },
  { field: 'options.top_k', value: 5 },
  { field: 'options.top_p', value: 0.5 },
  { field: 'options.min_p', value: 0.1 },
  { field: 'options.repeat_penalty', value: 1.1 },
  { field: 'options.presence_penalty', value: 0.5 },
  { field: 'options.frequency_penalty', value: 0.5 },
  { field: 'options.x_unknown', value: 1 },
  { field: 'shift', value: false },
  { field: 'think', value: 'high' },
  { field: 'tools', value: [TOOL] },
  { field: 'top_logprobs', value: 3, beside: { logprobs: true } },
  { field: 'truncate', value: false },
  { field: 'x_unknown', value: 1 },
]
