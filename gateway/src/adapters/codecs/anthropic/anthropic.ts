import type { Codec } from '../codec.ts'
import { decodeError } from './decode-error.ts'
import { decodeMessage } from './decode-message.ts'
import { createMessageDecoder } from './decode-stream.ts'
import { encodeRequest } from './encode-request.ts'

/**
 * Anthropic's Messages API (`POST /v1/messages`), for chat alone; also what DeepSeek, Moonshot, Z.ai and MiniMax offer
 * under the same form. Images may stay addresses: the backend fetches them.
 */
export const anthropicCodec: Codec = {
  encode: encodeRequest,
  decode: decodeMessage,
  createStreamDecoder: (context) => (context.endpoint === 'chat' ? createMessageDecoder(context) : undefined),
  decodeError,
  inlineImages: false,
}
