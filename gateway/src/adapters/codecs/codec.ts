import type { EndpointId } from '@jairouter/contract/names'
import type { JsonObject } from '../../lib/json.ts'
import type { UpstreamErrorBody } from '../../errors/upstream-error-body.ts'

/** A call in OpenAI's canonical form, as a codec gets it. `fields` is the client's whole body; never changed in place. */
export interface CanonicalCall {
  readonly endpoint: EndpointId
  /** The upstream's name for the model. */
  readonly model: string
  readonly stream: boolean
  readonly fields: JsonObject
}

/** What goes over the wire for a call. */
export interface WireRequest {
  /** Below the backend's URL, with its query. */
  readonly path: string
  /** Beside those of the adapter, names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body: JsonObject
}

/** What an answer in the canonical form needs beside what the backend said. */
export interface AnswerContext {
  readonly endpoint: EndpointId
  /** The client's fields, as the codec's `encode` got them. */
  readonly fields: JsonObject
  /** The public name of the model. */
  readonly model: string
  /** Unique to the request, letters, digits and dashes: ids of answers and tool calls are made of it, so that codecs need no random. */
  readonly id: string
  /** Epoch seconds. */
  readonly created: number
}

/**
 * What a piece of a stream meant. `chunk`: a canonical chunk (`chat.completion.chunk`, or `text_completion` for the
 * completion endpoint) · `end`: the stream's proper end was seen, nothing follows · `error`: the backend failed after 200.
 */
export type StreamPiece =
  | { readonly kind: 'chunk'; readonly chunk: JsonObject }
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly error: UpstreamErrorBody }

/**
 * Reads a backend's stream from its bytes, cut anywhere: the same pieces come out however they were cut. Usage is told
 * always, in a last chunk with empty `choices`, before `end`. Throws a CodecMismatch when the bytes make no sense.
 */
export interface StreamDecoder {
  push(bytes: Buffer): readonly StreamPiece[]
  /** The backend has closed the connection; what was held back comes now. No `end` among all pieces: the answer was cut off. */
  flush(): readonly StreamPiece[]
}

/** Translates between OpenAI's JSON and one wire format. Pure: no clock, random, I/O or memory between calls. */
export interface Codec {
  /** Throws a CodecRefusal for what the backend cannot do. */
  encode(call: CanonicalCall): WireRequest
  /** A whole 2xx answer -> the endpoint's canonical answer. Throws a CodecMismatch when it makes no sense, a CodecFailure when it is an error in a 200. */
  decode(answer: unknown, context: AnswerContext): JsonObject
  /** Undefined where the endpoint has no streams. */
  createStreamDecoder(context: AnswerContext): StreamDecoder | undefined
  /** The body of an answer that is not 2xx. Tolerant: any bytes give a message. */
  decodeError(status: number, body: Buffer): UpstreamErrorBody
}

/** The client asks for what this wire format cannot say: 400, with the field's name. `param` is a path such as `messages[2].content[0]`. */
export class CodecRefusal extends Error {
  readonly param: string
  constructor(param: string, message: string) {
    super(message)
    this.name = 'CodecRefusal'
    this.param = param
  }
}

/** The backend's answer is not in its own wire format: counts as a protocol error of the backend. */
export class CodecMismatch extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CodecMismatch'
  }
}

/** The backend says inside of a 2xx that it failed. */
export class CodecFailure extends Error {
  readonly error: UpstreamErrorBody
  constructor(error: UpstreamErrorBody) {
    super(error.message)
    this.name = 'CodecFailure'
    this.error = error
  }
}
