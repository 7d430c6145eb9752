import { codecByEndpoint } from '../canonical/endpoint-codec.ts'
import { decodeError } from './decode-error.ts'
import { decodeMessage } from './decode-message.ts'
import { createMessageDecoder } from './decode-stream.ts'
import { encodeRequest } from './encode-request.ts'

/**
 * Anthropic's Messages API (`POST /v1/messages`), for chat alone; also what DeepSeek, Moonshot, Z.ai and MiniMax offer
 * under the same form. Images may stay addresses: the backend fetches them.
 */
export const anthropicCodec = codecByEndpoint({
  operations: { chat: { encode: encodeRequest, decode: decodeMessage, createStreamDecoder: createMessageDecoder } },
  because: (endpoint) => `The backend of this model has no endpoint for ${endpoint}`,
  decodeError,
})
