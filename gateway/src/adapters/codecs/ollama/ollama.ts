import type { EndpointId } from '@jairouter/contract/names'
import type { JsonObject } from '../../../endpoints/call.ts'
import { readUpstreamError } from '../../../errors/upstream-error-body.ts'
import { CodecRefusal, type AnswerContext, type CanonicalCall, type Codec, type StreamDecoder } from '../codec.ts'
import { createChatChoices, createCompletionChoices } from './choice-writer.ts'
import { decodeChat } from './decode-chat.ts'
import { decodeGenerate } from './decode-generate.ts'
import { decodeEmbed, encodeEmbed } from './embed.ts'
import { encodeChat } from './encode-chat.ts'
import { encodeGenerate } from './encode-generate.ts'
import { createLineDecoder, createNdjsonDecoder } from './stream-decoder.ts'

interface Operation {
  readonly path: string
  readonly encode: (call: CanonicalCall) => JsonObject
  readonly decode: (answer: unknown, context: AnswerContext) => JsonObject
  readonly createStreamDecoder?: (context: AnswerContext) => StreamDecoder
}

const OPERATIONS: Readonly<Partial<Record<EndpointId, Operation>>> = {
  chat: {
    path: '/api/chat',
    encode: encodeChat,
    decode: decodeChat,
    createStreamDecoder: (context) =>
      createNdjsonDecoder(createLineDecoder(context, { prefix: 'chatcmpl', object: 'chat.completion.chunk' }, createChatChoices(context))),
  },
  completion: {
    path: '/api/generate',
    encode: encodeGenerate,
    decode: decodeGenerate,
    createStreamDecoder: (context) =>
      createNdjsonDecoder(createLineDecoder(context, { prefix: 'cmpl', object: 'text_completion' }, createCompletionChoices())),
  },
  embedding: { path: '/api/embed', encode: encodeEmbed, decode: decodeEmbed },
}

/** Ollama in its own words (backends.md 1): NDJSON streams, options in an object of their own, images as bare base64. */
export const ollamaCodec: Codec = {
  inlineImages: true,
  encode(call) {
    const { path, encode } = operationOf(call.endpoint)
    return { path, body: encode(call) }
  },
  decode: (answer, context) => operationOf(context.endpoint).decode(answer, context),
  createStreamDecoder: (context) => OPERATIONS[context.endpoint]?.createStreamDecoder?.(context),
  decodeError: readUpstreamError,
}

function operationOf(endpoint: EndpointId): Operation {
  const operation = OPERATIONS[endpoint]
  if (operation === undefined) throw new CodecRefusal('model', 'A model of Ollama has chat, completions and embeddings only')
  return operation
}
