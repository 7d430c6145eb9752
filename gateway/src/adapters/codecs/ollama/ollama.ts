import { readUpstreamError } from '../../../errors/upstream-error-body.ts'
import { codecByEndpoint, toPath } from '../canonical/endpoint-codec.ts'
import { createChatChoices, createCompletionChoices } from './choice-writer.ts'
import { decodeChat } from './decode-chat.ts'
import { decodeGenerate } from './decode-generate.ts'
import { decodeEmbed, encodeEmbed } from './embed.ts'
import { encodeChat } from './encode-chat.ts'
import { encodeGenerate } from './encode-generate.ts'
import { createLineDecoder, createNdjsonDecoder } from './stream-decoder.ts'

/** Ollama in its own words (backends.md 1): NDJSON streams, options in an object of their own, images as bare base64. */
export const ollamaCodec = codecByEndpoint({
  operations: {
    chat: {
      encode: toPath('/api/chat', encodeChat),
      decode: decodeChat,
      createStreamDecoder: (context) => createNdjsonDecoder(createLineDecoder(context, createChatChoices(context))),
    },
    completion: {
      encode: toPath('/api/generate', encodeGenerate),
      decode: decodeGenerate,
      createStreamDecoder: (context) => createNdjsonDecoder(createLineDecoder(context, createCompletionChoices())),
    },
    embedding: { encode: toPath('/api/embed', encodeEmbed), decode: decodeEmbed },
  },
  because: () => 'A model of Ollama has chat, completions and embeddings only',
  decodeError: readUpstreamError,
})
