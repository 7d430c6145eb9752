import type { EndpointId } from '@jairouter/contract/names'
import type { JsonObject } from '../../../lib/json.ts'
import { CodecRefusal, type AnswerContext, type CanonicalCall, type Codec, type StreamDecoder, type WireRequest } from '../codec.ts'

/** How a wire format says one endpoint. */
export interface Operation {
  readonly encode: (call: CanonicalCall) => WireRequest
  readonly decode: (answer: unknown, context: AnswerContext) => JsonObject
  /** Left out where the endpoint has no streams. */
  readonly createStreamDecoder?: (context: AnswerContext) => StreamDecoder
}

export interface EndpointCodec extends Pick<Codec, 'decodeError'> {
  readonly operations: Readonly<Partial<Record<EndpointId, Operation>>>
  /** Said of an endpoint that the format does not have. */
  readonly because: (endpoint: EndpointId) => string
}

export function codecByEndpoint({ operations, because, decodeError }: EndpointCodec): Codec {
  function operationOf(endpoint: EndpointId): Operation {
    const operation = operations[endpoint]
    if (operation === undefined) throw new CodecRefusal('model', because(endpoint))
    return operation
  }

  return {
    encode: (call) => operationOf(call.endpoint).encode(call),
    decode: (answer, context) => operationOf(context.endpoint).decode(answer, context),
    createStreamDecoder: (context) => operations[context.endpoint]?.createStreamDecoder?.(context),
    decodeError,
  }
}

/** Sends a body to one path, whatever the call says. */
export function toPath(path: string, encode: (call: CanonicalCall) => JsonObject): Operation['encode'] {
  return (call) => ({ path, body: encode(call) })
}
