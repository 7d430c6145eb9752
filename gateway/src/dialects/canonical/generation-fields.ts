import type { JsonObject } from '../../lib/json.ts'

/** For an answer in pieces. The closing events of every dialect tell the tokens, asked for or not. */
export const STREAMED: JsonObject = { stream: true, stream_options: { include_usage: true } }

/** `response_format` for any JSON object. */
export const ANY_JSON: JsonObject = { response_format: { type: 'json_object' } }

/** `response_format` for a schema; the dialects that have no name for it are given one, which OpenAI demands. */
export function schemaFormat({
  name = 'answer',
  ...rest
}: {
  readonly name?: string
  readonly schema: JsonObject
  readonly [key: string]: unknown
}): JsonObject {
  return { response_format: { type: 'json_schema', json_schema: { name, ...rest } } }
}
