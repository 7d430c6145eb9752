import { isAbsent, type JsonObject } from '../../../lib/json.ts'
import { maximumTokens, stopTexts } from '../canonical/generation-fields.ts'
import { readResponseFormat, SCHEMA_PARAM } from '../canonical/response-format.ts'
import { CodecRefusal, type CanonicalCall } from '../codec.ts'
import { cleanSchema } from './schema.ts'
import { toThinkingConfig } from './thinking.ts'

/** `top_k` is no field of OpenAI's, but one that clients of many servers send. */
const RENAMED: readonly (readonly [from: string, to: string])[] = [
  ['temperature', 'temperature'],
  ['top_p', 'topP'],
  ['top_k', 'topK'],
  ['seed', 'seed'],
  ['n', 'candidateCount'],
]
/** 0 is the default, which clients send always; some models refuse the fields themselves. */
const PENALTIES: readonly (readonly [from: string, to: string])[] = [
  ['presence_penalty', 'presencePenalty'],
  ['frequency_penalty', 'frequencyPenalty'],
]

/**
 * Everything that steers the generation. `max_completion_tokens` (or the older `max_tokens`) becomes `maxOutputTokens`,
 * which counts thoughts as well.
 */
export function toGenerationConfig({ fields, model, endpoint }: CanonicalCall): JsonObject {
  const config: Record<string, unknown> = {}
  for (const [from, to] of RENAMED) if (!isAbsent(fields[from])) config[to] = fields[from]
  for (const [from, to] of PENALTIES) if (!isAbsent(fields[from]) && fields[from] !== 0) config[to] = fields[from]
  const limit = maximumTokens(fields)
  if (limit !== undefined) config['maxOutputTokens'] = limit
  const stop = stopTexts(fields)
  if (stop.length > 0) config['stopSequences'] = stop
  return endpoint === 'chat' ? { ...config, ...chatConfig(fields, model) } : config
}

function chatConfig(fields: JsonObject, model: string): JsonObject {
  const thinkingConfig = toThinkingConfig(fields, model)
  return {
    ...logprobFields(fields),
    ...formatFields(fields['response_format']),
    ...modalityField(fields['modalities']),
    ...(thinkingConfig === undefined ? {} : { thinkingConfig }),
  }
}

function logprobFields({ logprobs, top_logprobs: top }: JsonObject): JsonObject {
  if (logprobs !== true) return {}
  return { responseLogprobs: true, ...(isAbsent(top) || top === 0 ? {} : { logprobs: top }) }
}

function formatFields(field: unknown): JsonObject {
  const format = readResponseFormat(field)
  if (format.kind === 'text') return {}
  const schema = format.kind === 'schema' ? { responseJsonSchema: cleanSchema(format.schema, SCHEMA_PARAM) } : {}
  return { responseMimeType: 'application/json', ...schema }
}

/** `image` is what OpenRouter calls it for models that draw. */
function modalityField(modalities: unknown): JsonObject {
  if (isAbsent(modalities)) return {}
  if (!Array.isArray(modalities) || !modalities.every((one) => one === 'text' || one === 'image'))
    throw new CodecRefusal('modalities', 'Gemini answers here in "text" and "image" only')
  return modalities.includes('image') ? { responseModalities: modalities.map((one) => String(one).toUpperCase()) } : {}
}
