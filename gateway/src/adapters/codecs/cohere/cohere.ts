import { readUpstreamError } from '../../../errors/upstream-error-body.ts'
import { codecByEndpoint, toPath } from '../canonical/endpoint-codec.ts'
import { decodeChat } from './chat-answer.ts'
import { encodeChat } from './chat-request.ts'
import { createChatStreamDecoder } from './chat-stream.ts'
import { decodeEmbed, encodeEmbed } from './embed.ts'
import { decodeRerank, encodeRerank } from './rerank.ts'

/**
 * Cohere's API v2 (backends.md 16): chat with streams and tools, embeddings (at most 96 texts to a call), rerank.
 * Images may stay addresses: Cohere fetches them itself.
 */
export const cohereCodec = codecByEndpoint({
  operations: {
    chat: { encode: toPath('/v2/chat', encodeChat), decode: decodeChat, createStreamDecoder: createChatStreamDecoder },
    embedding: { encode: toPath('/v2/embed', encodeEmbed), decode: decodeEmbed },
    rerank: { encode: toPath('/v2/rerank', encodeRerank), decode: decodeRerank },
  },
  because: () => 'A model of Cohere has chat, embeddings and rerank only',
  decodeError: readUpstreamError,
})
