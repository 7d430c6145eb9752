import { readUpstreamError } from '../../../errors/upstream-error-body.ts'
import { codecByEndpoint, toPath } from '../canonical/endpoint-codec.ts'
import { decodeEmbed, encodeEmbed } from './embed.ts'
import { decodeRerank, encodeRerank } from './rerank.ts'

/** Text Embeddings Inference in its own words (backends.md 6): bare arrays, no model names, no usage in bodies. */
export const teiCodec = codecByEndpoint({
  operations: {
    embedding: { encode: toPath('/embed', encodeEmbed), decode: decodeEmbed },
    rerank: { encode: toPath('/rerank', encodeRerank), decode: decodeRerank },
  },
  because: () => 'A model of TEI has embeddings or rerank only',
  decodeError: readUpstreamError,
})
