import type { EndpointId } from '@jairouter/contract/names'
import type { JsonObject } from '../../../endpoints/call.ts'
import { readUpstreamError } from '../../../errors/upstream-error-body.ts'
import { CodecRefusal, type AnswerContext, type CanonicalCall, type Codec } from '../codec.ts'
import { decodeEmbed, encodeEmbed } from './embed.ts'
import { decodeRerank, encodeRerank } from './rerank.ts'

interface Operation {
  readonly path: string
  readonly encode: (call: CanonicalCall) => JsonObject
  readonly decode: (answer: unknown, context: AnswerContext) => JsonObject
}

const OPERATIONS: Readonly<Partial<Record<EndpointId, Operation>>> = {
  embedding: { path: '/embed', encode: encodeEmbed, decode: decodeEmbed },
  rerank: { path: '/rerank', encode: encodeRerank, decode: decodeRerank },
}

/** Text Embeddings Inference in its own words (backends.md 6): bare arrays, no model names, no usage in bodies. */
export const teiCodec: Codec = {
  inlineImages: false,
  encode(call) {
    const { path, encode } = operationOf(call.endpoint)
    return { path, body: encode(call) }
  },
  decode: (answer, context) => operationOf(context.endpoint).decode(answer, context),
  createStreamDecoder: () => undefined,
  decodeError: readUpstreamError,
}

function operationOf(endpoint: EndpointId): Operation {
  const operation = OPERATIONS[endpoint]
  if (operation === undefined) throw new CodecRefusal('model', 'A model of TEI has embeddings or rerank only')
  return operation
}
