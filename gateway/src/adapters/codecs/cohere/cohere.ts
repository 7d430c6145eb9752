import type { EndpointId } from '@jairouter/contract/names'
import type { JsonObject } from '../../../endpoints/call.ts'
import { readUpstreamError } from '../../../errors/upstream-error-body.ts'
import { CodecRefusal, type AnswerContext, type CanonicalCall, type Codec } from '../codec.ts'
import { decodeChat } from './chat-answer.ts'
import { encodeChat } from './chat-request.ts'
import { createChatStreamDecoder } from './chat-stream.ts'
import { decodeEmbed, encodeEmbed } from './embed.ts'
import { decodeRerank, encodeRerank } from './rerank.ts'

interface Operation {
  readonly path: string
  readonly encode: (call: CanonicalCall) => JsonObject
  readonly decode: (answer: unknown, context: AnswerContext) => JsonObject
}

const OPERATIONS: Readonly<Partial<Record<EndpointId, Operation>>> = {
  chat: { path: '/v2/chat', encode: encodeChat, decode: decodeChat },
  embedding: { path: '/v2/embed', encode: encodeEmbed, decode: decodeEmbed },
  rerank: { path: '/v2/rerank', encode: encodeRerank, decode: decodeRerank },
}

/**
 * Cohere's API v2 (backends.md 16): chat with streams and tools, embeddings (at most 96 texts to a call), rerank.
 * Images may stay addresses: Cohere fetches them itself.
 */
export const cohereCodec: Codec = {
  inlineImages: false,
  encode(call) {
    const { path, encode } = operationOf(call.endpoint)
    return { path, body: encode(call) }
  },
  decode: (answer, context) => operationOf(context.endpoint).decode(answer, context),
  createStreamDecoder: (context) => (context.endpoint === 'chat' ? createChatStreamDecoder(context) : undefined),
  decodeError: readUpstreamError,
}

function operationOf(endpoint: EndpointId): Operation {
  const operation = OPERATIONS[endpoint]
  if (operation === undefined) throw new CodecRefusal('model', 'A model of Cohere has chat, embeddings and rerank only')
  return operation
}
