import { isAbsent, isObject, type JsonObject } from '../../../lib/json.ts'
import { refuseFields } from '../canonical/refused-fields.ts'
import { CodecRefusal, type CanonicalCall, type WireRequest } from '../codec.ts'
import { toConversation } from './conversation.ts'
import { toGenerationConfig } from './generation-config.ts'
import { methodPath } from './model-name.ts'
import { googleExtras } from './thinking.ts'
import { toToolFields } from './tools.ts'
import { UNSUPPORTED_IN_CHAT, UNSUPPORTED_IN_COMPLETION } from './unsupported.ts'

/** A chat completion -> `generateContent`. */
export function encodeChat(call: CanonicalCall): WireRequest {
  const { fields, model } = call
  refuseFields(fields, UNSUPPORTED_IN_CHAT)
  return generateRequest(call, { ...toConversation(fields['messages'], model), ...toToolFields(fields), ...ownFields(fields) })
}

/** A completion of one prompt -> `generateContent`. */
export function encodeCompletion(call: CanonicalCall): WireRequest {
  refuseFields(call.fields, UNSUPPORTED_IN_COMPLETION)
  const { prompt } = call.fields
  const list: readonly unknown[] = Array.isArray(prompt) ? prompt : [prompt]
  const text = list[0]
  if (list.length !== 1 || typeof text !== 'string') throw new CodecRefusal('prompt', 'Gemini takes one prompt, as a string')
  return generateRequest(call, { contents: [{ role: 'user', parts: [{ text }] }], ...ownFields(call.fields) })
}

function generateRequest(call: CanonicalCall, body: JsonObject): WireRequest {
  const config = toGenerationConfig(call)
  return {
    // Without `alt=sse` the stream is one JSON array.
    path: methodPath(call.model, call.stream ? 'streamGenerateContent?alt=sse' : 'generateContent'),
    body: Object.keys(config).length === 0 ? body : { ...body, generationConfig: config },
  }
}

/** Gemini's own fields, by the names of its two APIs. */
function ownFields(fields: JsonObject): JsonObject {
  const safety = fields['safetySettings'] ?? fields['safety_settings']
  const cached = googleExtras(fields)['cached_content'] ?? fields['cachedContent'] ?? fields['cached_content']
  return {
    ...(Array.isArray(safety) && safety.every(isObject) ? { safetySettings: safety } : {}),
    ...(isAbsent(cached) ? {} : { cachedContent: cached }),
  }
}
