import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { CodecRefusal, type CanonicalCall } from '../codec.ts'
import { isAbsent } from './given.ts'
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
  const limit = fields['max_completion_tokens'] ?? fields['max_tokens']
  if (!isAbsent(limit)) config['maxOutputTokens'] = limit
  const stop = stopSequences(fields['stop'])
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

function stopSequences(stop: unknown): readonly unknown[] {
  if (isAbsent(stop)) return []
  return Array.isArray(stop) ? stop : [stop]
}

function logprobFields({ logprobs, top_logprobs: top }: JsonObject): JsonObject {
  if (logprobs !== true) return {}
  return { responseLogprobs: true, ...(isAbsent(top) || top === 0 ? {} : { logprobs: top }) }
}

function formatFields(format: unknown): JsonObject {
  if (isAbsent(format)) return {}
  const type = isObject(format) ? format['type'] : undefined
  if (!isObject(format) || typeof type !== 'string') throw new CodecRefusal('response_format', 'The format must be an object with a type')
  switch (type) {
    case 'text':
      return {}
    case 'json_object':
      return { responseMimeType: 'application/json' }
    case 'json_schema': {
      const holder = format['json_schema']
      const schema = isObject(holder) ? holder['schema'] : undefined
      if (!isObject(schema)) throw new CodecRefusal('response_format.json_schema.schema', 'The schema must be an object')
      return { responseMimeType: 'application/json', responseJsonSchema: cleanSchema(schema, 'response_format.json_schema.schema') }
    }
    default:
      throw new CodecRefusal('response_format.type', `Gemini has no format ${JSON.stringify(type)}`)
  }
}

/** `image` is what OpenRouter calls it for models that draw. */
function modalityField(modalities: unknown): JsonObject {
  if (isAbsent(modalities)) return {}
  if (!Array.isArray(modalities) || !modalities.every((one) => one === 'text' || one === 'image'))
    throw new CodecRefusal('modalities', 'Gemini answers here in "text" and "image" only')
  return modalities.includes('image') ? { responseModalities: modalities.map((one) => String(one).toUpperCase()) } : {}
}
