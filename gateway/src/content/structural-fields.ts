import type { StringPath } from '../lib/json-strings.ts'

/** Words of the APIs and names of things, which programs compare: no texts of people or models. */
const STRUCTURAL: ReadonlySet<string> = new Set([
  'model',
  'role',
  'type',
  'object',
  'id',
  'tool_call_id',
  'tool_use_id',
  'call_id',
  'item_id',
  'response_id',
  'previous_response_id',
  'system_fingerprint',
  'service_tier',
  'name',
  'tool_choice',
  'required',
  'format',
  'response_format',
  'encoding_format',
  'stream_format',
  'output_format',
  'detail',
  'voice',
  'size',
  'quality',
  'style',
  'background',
  'moderation',
  'effort',
  'reasoning_effort',
  'verbosity',
  'prompt_cache_key',
  'prompt_cache_retention',
  'media_type',
  'mime_type',
  'status',
  'finish_reason',
  'stop_reason',
  'signature',
  'encrypted_content',
  'thought_signature',
  'keep_alive',
  'timestamp_granularities',
  'include',
  'modalities',
  'language',
])
/** Where bytes stand as base64, or the address of a file. */
const BINARY: ReadonlySet<string> = new Set([
  'data',
  'images',
  'image',
  'image_url',
  'url',
  'b64_json',
  'file_data',
  'audio',
  'mask',
  'embedding',
])
const DATA_URL = /^data:[\w.+-]+\/[\w.+-]+[;,]/
const LONG_BASE64 = /^[A-Za-z0-9+/_-]{256,}={0,2}$/

/** Whether a string of a request or an answer may hold what people or models wrote. What nobody knows may. */
export function mayHoldText(text: string, path: StringPath): boolean {
  const key = path.at(-1)
  if (key === undefined) return true
  if (STRUCTURAL.has(key)) return isFreeForm(path)
  return !BINARY.has(key) || !(DATA_URL.test(text) || LONG_BASE64.test(text))
}

/** Below these any key is somebody's own. An `input` at the top is the API's, one farther down that of a tool. */
function isFreeForm(path: StringPath): boolean {
  const above = path.slice(0, -1)
  return above.includes('arguments') || above.includes('metadata') || above.includes('documents') || above.includes('input', 1)
}
