import { codecByEndpoint } from '../canonical/endpoint-codec.ts'
import { decodeGenerate } from './decode-generate.ts'
import { decodeEmbeddings, encodeEmbeddings } from './embeddings.ts'
import { encodeChat, encodeCompletion } from './encode-generate.ts'
import { decodeError } from './errors.ts'
import { createGenerateStreamDecoder } from './stream.ts'

/**
 * Google's Gemini API, v1beta (backends.md 15): `generateContent`, its streams as events, `batchEmbedContents`. Paths begin
 * at the server's root. Pictures must be in the request itself.
 */
export const geminiCodec = codecByEndpoint({
  operations: {
    chat: { encode: encodeChat, decode: decodeGenerate, createStreamDecoder: createGenerateStreamDecoder },
    completion: { encode: encodeCompletion, decode: decodeGenerate, createStreamDecoder: createGenerateStreamDecoder },
    embedding: { encode: encodeEmbeddings, decode: decodeEmbeddings },
  },
  because: () => 'A model of Gemini has chat, completions and embeddings only',
  decodeError,
})
