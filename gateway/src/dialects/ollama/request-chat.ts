import type { JsonObject } from '../../lib/json.ts'
import { generationFields, untouchedFields } from './request-generation.ts'
import { chatLogprobs } from './request-logprobs.ts'
import { toMessages } from './request-messages.ts'
import { toolsField } from './request-tools.ts'

/**
 * The body of `POST /api/chat` -> that of a chat completion. `keep_alive`, `truncate: false`, `shift: false` and the
 * options that OpenAI lacks (`num_ctx`, `top_k`, ...) are passed on under their own names, beside the rest; fields that
 * are not Ollama's pass as they are. Throws a GatewayError that names the field. A request without messages only
 * loads a model and is no chat: ask `asksToLoad` before.
 */
export function chatToCanonical(fields: JsonObject): JsonObject {
  return {
    ...untouchedFields(fields, ['messages', 'tools', 'logprobs', 'top_logprobs']),
    messages: toMessages(fields['messages']),
    ...toolsField(fields['tools']),
    ...generationFields(fields),
    ...chatLogprobs(fields),
  }
}
