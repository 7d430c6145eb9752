import type { EndpointId } from '@jairouter/contract/names'
import type { JsonObject } from '../../../endpoints/call.ts'
import { CodecRefusal, type AnswerContext, type CanonicalCall, type Codec, type WireRequest } from '../codec.ts'
import { decodeGenerate } from './decode-generate.ts'
import { decodeEmbeddings, encodeEmbeddings } from './embeddings.ts'
import { encodeChat, encodeCompletion } from './encode-generate.ts'
import { decodeError } from './errors.ts'
import { createGenerateStreamDecoder } from './stream.ts'

interface Operation {
  readonly encode: (call: CanonicalCall) => WireRequest
  readonly decode: (answer: unknown, context: AnswerContext) => JsonObject
  readonly streams: boolean
}

const OPERATIONS: Readonly<Partial<Record<EndpointId, Operation>>> = {
  chat: { encode: encodeChat, decode: decodeGenerate, streams: true },
  completion: { encode: encodeCompletion, decode: decodeGenerate, streams: true },
  embedding: { encode: encodeEmbeddings, decode: decodeEmbeddings, streams: false },
}

/**
 * Google's Gemini API, v1beta (backends.md 15): `generateContent`, its streams as events, `batchEmbedContents`. Paths begin
 * at the server's root. Pictures must be in the request itself.
 */
export const geminiCodec: Codec = {
  inlineImages: true,
  encode: (call) => operationOf(call.endpoint).encode(call),
  decode: (answer, context) => operationOf(context.endpoint).decode(answer, context),
  createStreamDecoder: (context) => (operationOf(context.endpoint).streams ? createGenerateStreamDecoder(context) : undefined),
  decodeError,
}

function operationOf(endpoint: EndpointId): Operation {
  const operation = OPERATIONS[endpoint]
  if (operation === undefined) throw new CodecRefusal('model', 'A model of Gemini has chat, completions and embeddings only')
  return operation
}
