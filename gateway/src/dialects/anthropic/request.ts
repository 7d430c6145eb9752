import { createHash } from 'node:crypto'
import { fieldsBeside, isAbsent, type JsonObject } from '../../lib/json.ts'
import { invalid, missing, objectAt, optionalCount, optionalObject, optionalString, refuseSeveral } from '../canonical/field-checks.ts'
import { schemaFormat, STREAMED } from '../canonical/generation-fields.ts'
import { toMessages } from './request-messages.ts'
import { toToolFields } from './request-tools.ts'
import { reasoningEffort } from './thinking.ts'
import { unspeakable } from './unspeakable.ts'

/** Fields that have another name in a chat completion, or another form. */
const TRANSLATED = [
  'messages',
  'system',
  'max_tokens',
  'stop_sequences',
  'stream',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'output_format',
  'metadata',
  'service_tier',
] as const

/**
 * Fields that only ask Anthropic's servers to do the same work in another way (cached, trimmed, faster, counted
 * under another name): left out, since backends refuse what they don't know, and the answer stays as good. Of
 * `inference_geo`, `container` and `mcp_servers` only what asks for nothing; the rest is refused.
 */
const DROPPED = [
  'cache_control',
  'context_management',
  'speed',
  'inference_geo',
  'user_profile_id',
  'diagnostics',
  'betas',
  'anthropic_beta',
  'anthropic_version',
  'container',
  'mcp_servers',
] as const

const HANDLED: ReadonlySet<string> = new Set([...TRANSLATED, ...DROPPED])

/**
 * A Messages request -> the body of a chat completion. `model`, the sampling fields (`top_k` among them) and every
 * field that is not Anthropic's pass as they are. Throws a GatewayError that names the field.
 */
export function toCanonical(fields: JsonObject): JsonObject {
  refuseUnspeakable(fields)
  const effort = reasoningEffort(fields)
  return {
    ...fieldsBeside(fields, HANDLED),
    messages: toMessages(fields),
    // By its older name, which all but OpenAI's own reasoning models take.
    max_tokens: maximumTokens(fields['max_tokens']),
    ...stopField(fields['stop_sequences']),
    ...(fields['stream'] === true ? STREAMED : {}),
    ...toToolFields(fields),
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
    ...formatField(fields),
    ...userField(fields['metadata']),
    ...(fields['service_tier'] === 'standard_only' ? { service_tier: 'default' } : {}),
  }
}

function refuseUnspeakable(fields: JsonObject): void {
  const { container, mcp_servers: servers, inference_geo: place } = fields
  if (!isAbsent(container)) throw unspeakable('container', 'A container for code')
  if (!isAbsent(servers) && !(Array.isArray(servers) && servers.length === 0))
    throw unspeakable('mcp_servers', 'A server-side MCP connection')
  // Somebody may be bound by law to it.
  if (!isAbsent(place) && place !== 'global') throw unspeakable('inference_geo', 'A place where the model must run')
  refuseSeveral(fields, 'a message is one answer')
}

function maximumTokens(value: unknown): number {
  const maximum = optionalCount(value, 'max_tokens')
  if (maximum === undefined) throw missing('max_tokens')
  return maximum
}

function stopField(sequences: unknown): JsonObject {
  if (isAbsent(sequences)) return {}
  if (!Array.isArray(sequences) || sequences.some((text) => typeof text !== 'string'))
    throw invalid('stop_sequences', 'an array of strings')
  return sequences.length === 0 ? {} : { stop: sequences }
}

/** `output_format` is the older place of `output_config.format`. `strict`, since Anthropic keeps to a schema without being asked. */
function formatField(fields: JsonObject): JsonObject {
  const nested = optionalObject(fields['output_config'], 'output_config')?.['format']
  const path = isAbsent(nested) ? 'output_format' : 'output_config.format'
  const format = optionalObject(nested ?? fields['output_format'], path)
  if (format === undefined) return {}
  if (format['type'] !== 'json_schema') throw invalid(`${path}.type`, '"json_schema"')
  return schemaFormat({ schema: objectAt(format, 'schema', path), strict: true })
}

/** What OpenAI takes in `user`. */
const MAXIMUM_USER_LENGTH = 64

/** Claude Code's ids are longer than OpenAI takes; a hash tells the same users apart. */
function userField(metadata: unknown): JsonObject {
  const user = optionalString(optionalObject(metadata, 'metadata')?.['user_id'], 'metadata.user_id') ?? ''
  if (user === '') return {}
  return { user: user.length <= MAXIMUM_USER_LENGTH ? user : createHash('sha256').update(user).digest('hex') }
}
